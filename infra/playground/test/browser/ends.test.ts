import { describe, expect } from 'vitest'
import { lostConnections } from './harness/complaints.js'
import { picture } from './harness/pictures.js'
import { makeRoom, test as plain, textOf } from './harness/scene.js'

const test = plain.extend({ settings: [{ MAX_PEOPLE_PER_ROOM: '2' }, { scope: 'file' }] })

describe('a room that is gone', () => {
  test('is said to be', async ({ open }) => {
    const ada = await open('Ada')
    await ada.page.goto('/abcdef')
    await ada.ends('not-found')
    await ada.page.getByRole('heading', { name: 'This room is gone' }).waitFor()
    expect(await ada.page.locator('[data-held-text]').count()).toBe(0)
    await ada.button('New room').click()
    expect(await ada.entered()).not.toBe('abcdef')
  })

  test('leaves the text, which can be taken to a new one', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'fn main() {}\n', 'rust')
    const ada = await open('Ada')
    ada.complaints.excuse(...lostConnections)
    await ada.enter(id)
    await ada.press('Control+End')
    await ada.type('// mine')
    await ada.lights('Saved')
    await tutti.server.stop()
    await ada.lights('Offline')
    await ada.type(', and this')
    await tutti.redis.flush()
    await tutti.server.start()
    await ada.ends('not-found')
    const text = 'fn main() {}\n// mine, and this'
    expect(await ada.page.locator('[data-held-text]').textContent()).toBe(text)
    await picture(ada, 'gone-with-text-light')
    await ada.button('Copy text').click()
    await ada.page.locator('[data-copied=true]').waitFor()
    expect(await ada.page.evaluate(async () => await navigator.clipboard.readText())).toBe(text)

    await ada.button('New room with this text').click()
    await ada.page.waitForURL(url => url.pathname !== `/${id}`)
    const next = await ada.entered()
    await ada.shows(text)
    await ada.seesLanguage('rust')
    expect(await textOf(tutti, next)).toBe(text)
  })
})

describe('a room that is full', () => {
  test('lets somebody in when somebody has left', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'hello')
    const [ada, bob, cleo] = await Promise.all([open('Ada'), open('Bob'), open('Cleo')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await cleo.page.goto(`/${id}`)
    await cleo.ends('full')
    await cleo.page.getByRole('heading', { name: 'This room is full' }).waitFor()
    await bob.close()
    await ada.seesPeople('Ada')
    await cleo.button('Try again').click()
    await cleo.entered()
    await cleo.shows('hello')
    await ada.seesPeople('Ada', 'Cleo')
  })
})
