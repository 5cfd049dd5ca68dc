// Measures how large and how fast the page is. It asserts nothing, and is run by hand:
//
//     TUTTI_MEASURE=1 npx vitest run --config test/browser/vitest.config.ts
import { cpus } from 'node:os'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { makeRoom, test } from './harness/scene.js'
import { eventually } from './harness/wait.js'
import type { Window } from './harness/window.js'

const loads = 10
const keystrokes = 100

interface Load {
  files: number
  transferred: number // bytes, with what HTTP adds
  raw: number // bytes
  gzip: number // bytes that the same would be, were it compressed
}

/** Watches what a page loads, until asked. */
async function watchLoads (page: Page): Promise<() => Promise<Load>> {
  const session = await page.context().newCDPSession(page)
  const bodies: Promise<Buffer>[] = []
  const load: Load = { files: 0, transferred: 0, raw: 0, gzip: 0 }
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { load.transferred += encodedDataLength })
  page.on('response', response => { bodies.push(response.body()) })
  await session.send('Network.enable')
  return async () => {
    for (const body of await Promise.all(bodies)) {
      load.files++
      load.raw += body.length
      load.gzip += gzipSync(body).length
    }
    return load
  }
}

/** Notes in every page when its editor can be typed in, in ms since the navigation began. */
async function noteReady (window: Window): Promise<void> {
  await window.context.addInitScript(() => {
    const look = (): void => {
      const content = document.querySelector('[data-editor]')?.shadowRoot?.querySelector('.cm-content[contenteditable=true]')
      if (content == null) requestAnimationFrame(look)
      else Object.assign(globalThis, { readyAt: performance.now() })
    }
    look()
  })
}

const readyAt = async (window: Window): Promise<number> => await window.page.evaluate(() => (globalThis as unknown as { readyAt: number }).readyAt)

/** Notes when a page shows another text, in ms since 1970, by the frame in which it does. */
async function noteFrames (window: Window): Promise<void> {
  await window.editor.evaluate(content => {
    const shown: number[] = []
    Object.assign(globalThis, { shown })
    new MutationObserver(() => requestAnimationFrame(() => shown.push(performance.timeOrigin + performance.now())))
      .observe(content, { subtree: true, childList: true, characterData: true })
  })
}

/** Notes when keys are pressed in a page, in ms since 1970. */
async function noteKeys (window: Window): Promise<void> {
  await window.page.evaluate(() => {
    const pressed: number[] = []
    Object.assign(globalThis, { pressed })
    addEventListener('keydown', () => pressed.push(performance.timeOrigin + performance.now()), { capture: true })
  })
}

function spread (values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(1)
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${values.length}`
}

console.info(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`)

test('bytes of a first visit', async ({ open, tutti }) => {
  const id = await makeRoom(tutti, 'print(1)\n', 'python')
  for (const path of ['/', `/${id}`]) {
    const ada = await open('Ada')
    const loaded = await watchLoads(ada.page)
    await ada.page.goto(path, { waitUntil: 'networkidle' })
    const { files, transferred, raw, gzip } = await loaded()
    console.info(`${path === '/' ? 'start page' : 'room'}: ${files} files, ${transferred} bytes transferred, ${raw} raw, ${gzip} gzip`)
  }
})

test('time until one can type', async ({ open, tutti }) => {
  const id = await makeRoom(tutti, 'print(1)\n', 'python')
  const first: number[] = []
  const again: number[] = []
  for (let i = 0; i < loads; i++) {
    const ada = await open('Ada')
    await noteReady(ada)
    for (const times of [first, again]) {
      await ada.enter(id)
      times.push(await eventually('ready', async () => await readyAt(ada), at => at > 0))
    }
    await ada.close()
  }
  console.info(`from the navigation to the first keystroke: first visit ${spread(first)}; cached ${spread(again)}`)
}, 120_000)

test('time from a key to the other window', async ({ open, tutti }) => {
  const id = await makeRoom(tutti)
  const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
  await Promise.all([ada.enter(id), bob.enter(id)])
  await noteKeys(ada)
  await noteFrames(bob)
  const times: number[] = []
  for (let i = 1; i <= keystrokes; i++) {
    await ada.press('x')
    await eventually('shown', async () => await bob.text(), text => text.length === i)
    const shown = await eventually('painted', async () => await bob.page.evaluate(() => (globalThis as unknown as { shown: number[] }).shown.splice(0)), all => all.length > 0)
    const pressed = await ada.page.evaluate(() => (globalThis as unknown as { pressed: number[] }).pressed.splice(0))
    times.push((shown[0] ?? NaN) - (pressed[0] ?? NaN))
  }
  console.info(`from a key to the other window: ${spread(times)}`)
}, 120_000)
