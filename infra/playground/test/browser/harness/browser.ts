// What all test files share: one browser, and one build of the dev server.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { devServer, missing } from '../../../../../shared/client/test/tutti.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the browser is talked to. */
    browser: string
    /** Path of the dev server. */
    devServer: string
  }
}

/** The Chromium to use: TUTTI_CHROMIUM, or the first that is installed. */
export function chromiumPath (): string {
  const given = process.env.TUTTI_CHROMIUM
  if (given !== undefined && given !== '') return given
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const found = names.flatMap(name => (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, name))).find(existsSync)
  if (found === undefined) throw new Error(`no ${names.join(' or ')} is installed (TUTTI_CHROMIUM can say where one is)`)
  return found
}

// The popup of the address bar is a page, which takes longer to load than ours. The
// others Playwright would disable: of this option, the last one counts.
const unneeded = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'PaintHolding']

/** Starts the browser before all tests, and ends it after them. */
export default async function setup (project: TestProject): Promise<() => Promise<void>> {
  const lacking = missing()
  if (lacking !== null) throw new Error(lacking)
  project.provide('devServer', devServer())
  const server = await chromium.launchServer({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox', // there are no user namespaces in containers, and it only sees our own pages
      '--disable-gpu',
      `--disable-features=${unneeded.join(',')}`
    ]
  })
  project.provide('browser', server.wsEndpoint())
  return async () => { await server.close() }
}
