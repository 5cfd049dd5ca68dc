import { describe, expect } from 'vitest'
import { obstacles } from './harness/axe.js'
import { code, company } from './harness/company.js'
import { lostConnections } from './harness/complaints.js'
import { picture } from './harness/pictures.js'
import { makeRoom, test as plain } from './harness/scene.js'
import type { Window, WindowOptions } from './harness/window.js'

const test = plain.extend({ settings: [{ MAX_PEOPLE_PER_ROOM: '3' }, { scope: 'file' }] })

/** How the page looks, and what of it is looked at. */
interface Look {
  name: string
  options: WindowOptions
}

const looks: Look[] = [
  { name: 'light', options: {} },
  { name: 'dark', options: { theme: 'dark' } },
  { name: 'phone', options: { phone: true } }
]

/** Holds what every page has to, whatever it shows: no obstacles, and no scrolling to the side. */
async function holds (window: Window, look: Look, state: string): Promise<void> {
  await picture(window, `${state}-${look.name}`)
  expect(await obstacles(window), `${state}, ${look.name}`).toEqual([])
  const [content, width] = await window.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const)
  expect(content, `width of ${state}, ${look.name}`).toBeLessThanOrEqual(width)
}

describe.each(looks)('the $name page has no obstacles', look => {
  test('at the start', async ({ open, tutti }) => {
    const [ada, id] = await Promise.all([open('Ada', look.options), makeRoom(tutti, code, 'python')])
    await ada.start()
    await holds(ada, look, 'start')
    await ada.enter(id)
    await ada.start()
    await ada.page.locator('#join-room').fill('zzzzzz')
    await ada.press('Enter')
    await ada.page.locator('#join-problem', { hasText: 'zzzzzz' }).waitFor()
    await holds(ada, look, 'start-again')
  })

  test('in a room with others', async ({ open, joinPlain, tutti }) => {
    const { ada } = await company({ open, joinPlain, tutti }, look.options)
    await ada.editor.focus()
    await ada.press('Control+End')
    await ada.type('for ')
    await ada.page.locator('.cm-ghostText').first().waitFor()
    await ada.lights('Saved')
    await holds(ada, look, 'room')
    await ada.press('Escape')

    await ada.page.locator('[data-action=people]').click()
    await ada.page.locator('#people-panel').waitFor()
    await holds(ada, look, 'people')
    await ada.page.locator('#people-panel').getByRole('button', { name: 'Follow Bob' }).click()
    await ada.page.locator('[data-following]').waitFor()
    await holds(ada, look, 'following')
    if (look.options.phone === true) {
      await ada.button('Room, link and language').click()
      await ada.page.locator('#room-panel').waitFor()
      await holds(ada, look, 'panel')
    } else {
      await ada.editor.focus()
      await ada.press('Control+f')
      await ada.page.locator('.cm-search').waitFor()
      await holds(ada, look, 'search')
    }
  })

  test('when it asks for a name', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, code, 'python')
    const guest = await open(null, look.options)
    await guest.enter(id)
    await guest.page.locator('#own-name').fill('Grace')
    await holds(guest, look, 'name')
  })

  test('when the connection is lost, and the room is gone or full', async ({ open, joinPlain, tutti }) => {
    const { id, ada } = await company({ open, joinPlain, tutti }, look.options)
    const [dora, eve] = await Promise.all([open('Dora', look.options), open('Eve', look.options)])
    await Promise.all([dora.page.goto(`/${id}`), eve.page.goto('/abcdef')])
    await Promise.all([dora.ends('full'), eve.ends('not-found')])
    await holds(dora, look, 'full')
    await holds(eve, look, 'gone')
    ada.complaints.excuse(...lostConnections)
    await ada.offline(true)
    await ada.page.locator('[data-banner=offline]').waitFor()
    await holds(ada, look, 'offline')
  })
})
