import { afterEach, describe, expect } from 'vitest'
import type { Tutti } from '../../../../shared/client/test/tutti.js'
import { lostConnections } from './harness/complaints.js'
import { makeRoom, test as plain, textOf } from './harness/scene.js'
import { becomes } from './harness/wait.js'
import type { Window } from './harness/window.js'

interface Pair {
  id: string
  ada: Window
  bob: Window
}

/** Ada and Bob are in a room of two lines, each at the end of one. */
const test = plain.extend<{ pair: Pair }>({
  pair: async ({ open, tutti }, use) => {
    const id = await makeRoom(tutti, 'ada:\nbob:')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    for (const window of [ada, bob]) window.complaints.excuse(...lostConnections)
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.press('Control+Home', 'End')
    await bob.press('Control+End')
    await use({ id, ada, bob })
  }
})

let mended: (() => Promise<void>) | undefined
afterEach(async () => {
  await mended?.()
  mended = undefined
})

/** Has everything run again after the test, however it ends. */
function mendAfterwards (tutti: Tutti): void {
  mended = async () => {
    tutti.redis.hang(false)
    if (!tutti.redis.running) await tutti.redis.start()
    if (!tutti.server.running) await tutti.server.start()
  }
}

async function allShow (tutti: Tutti, { id, ada, bob }: Pair, text: string): Promise<void> {
  await Promise.all([ada.shows(text), bob.shows(text)])
  await Promise.all([ada.lights('Saved'), bob.lights('Saved')])
  expect(await textOf(tutti, id)).toBe(text)
}

describe('the server', () => {
  test.for(['stop', 'kill'] as const)('comes back after a %s while both type: nothing is lost', async (end, { pair, tutti }) => {
    mendAfterwards(tutti)
    const { ada, bob } = pair
    await Promise.all([ada.type(' before', 5), bob.type(' before', 5)])
    await Promise.all([ada.type(' during'.repeat(3), 10), bob.type(' during'.repeat(3), 10), tutti.server[end]()])
    await Promise.all([ada.lights('Offline'), bob.lights('Offline')])
    await ada.page.locator('[data-banner=offline]').waitFor()
    await Promise.all([ada.type(' while it is away', 2), bob.type(' while it is away', 2)])
    await ada.button('Try now').click() // it is still away, which harms nothing
    await tutti.server.start()
    const typed = ' before during during during while it is away'
    await allShow(tutti, pair, `ada:${typed}\nbob:${typed}`)
    await ada.counts(ada.page.locator('[data-banner=offline]'), 0)
    await ada.seesPeople('Ada', 'Bob')
    await bob.seesPeople('Bob', 'Ada')
  })
})

describe('Redis', () => {
  test('forgets everything while both are there: the text survives, for newcomers too', async ({ open, pair, tutti }) => {
    const { id, ada, bob } = pair
    await Promise.all([ada.type(' one'), bob.type(' two')])
    await allShow(tutti, pair, 'ada: one\nbob: two')
    await tutti.redis.flush()
    await Promise.all([ada.type(' three'), bob.type(' four')])
    const text = 'ada: one three\nbob: two four'
    await Promise.all([ada.shows(text), bob.shows(text)])
    await Promise.all([ada.lights('Saved'), bob.lights('Saved')])
    const cleo = await open('Cleo')
    cleo.complaints.excuse(...lostConnections)
    await cleo.enter(id)
    await cleo.shows(text)
  })

  test('hangs: it says Saving until what was typed is safe, and guards the page', async ({ pair, tutti }) => {
    mendAfterwards(tutti)
    const { id, ada, bob } = pair
    let asked = 0
    ada.page.on('dialog', dialog => { asked++; void dialog.dismiss() })
    await ada.type(' safe')
    await ada.lights('Saved')
    await leave(ada)
    expect(asked).toBe(0)

    tutti.redis.hang()
    await ada.type('!')
    await ada.lights('Saving')
    await ada.page.evaluate(() => {
      const light = document.querySelector('.light')
      if (light === null) throw new Error('there is no light')
      const seen: string[] = []
      Object.assign(window, { seen })
      new MutationObserver(() => { seen.push(light.getAttribute('data-status') ?? '') }).observe(light, { attributes: true })
    })
    await leave(ada)
    await becomes('how often it asks', () => asked, 1)
    expect(await ada.light()).toBe('Saving')
    expect(await ada.page.evaluate(() => (window as unknown as { seen: string[] }).seen)).not.toContain('saved')
    tutti.redis.hang(false)
    await ada.lights('Saved')
    await leave(ada)
    expect(asked).toBe(1)
    await bob.shows('ada: safe!\nbob:')
    expect(await textOf(tutti, id)).toBe('ada: safe!\nbob:')
  })
})

/** Tries to leave the page, and goes on when that was asked about or done. */
async function leave (window: Window): Promise<void> {
  const [before, text] = [window.page.url(), await window.text()]
  const asked = window.page.waitForEvent('dialog').then(() => true, () => false)
  const left = window.page.goto('/').then(() => false, () => true)
  if (await Promise.race([asked, left])) {
    await window.page.locator('.light').waitFor()
    return
  }
  await window.page.goto(before)
  await window.entered()
  await window.shows(text)
  await window.press('Control+Home', 'End')
}

describe('the network of one', () => {
  test('is away for a while: what both type is merged', async ({ pair, tutti }) => {
    const { ada, bob } = pair
    await ada.offline(true)
    await ada.lights('Offline')
    await Promise.all([ada.type(' alone'), bob.type(' with others')])
    await bob.lights('Saved')
    await bob.seesPeople('Bob')
    await ada.shows('ada: alone\nbob:')
    await bob.shows('ada:\nbob: with others')
    await ada.offline(false)
    await allShow(tutti, pair, 'ada: alone\nbob: with others')
  })
})
