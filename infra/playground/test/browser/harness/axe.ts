import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults, ImpactValue } from 'axe-core'
import type { Window } from './window.js'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const grave: ImpactValue[] = ['serious', 'critical']

// It does not know that a text field made by contenteditable can have the focus.
const overlooked = /scrollable-region-focusable at .*\.cm-scroller/

/** What keeps people from using a page, as axe finds it: one line each. */
export async function obstacles (window: Window): Promise<string[]> {
  await window.page.evaluate(source)
  const { violations } = await window.page.evaluate(async (): Promise<AxeResults> => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    return await axe.run(document, { resultTypes: ['violations'], preload: false })
  })
  return violations.filter(({ impact }) => impact != null && grave.includes(impact))
    .flatMap(({ id, impact, nodes }) => nodes.map(node => `${impact}: ${id} at ${node.target.join(' ')}: ${node.failureSummary ?? ''}`))
    .filter(obstacle => !overlooked.test(obstacle))
}
