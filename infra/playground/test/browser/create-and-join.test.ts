import { describe, expect } from 'vitest'
import { makeRoom, test } from './harness/scene.js'
import { becomes } from './harness/wait.js'

describe('creating a room', () => {
  test('the button makes one, in the language that was chosen', async ({ open }) => {
    const ada = await open('Ada')
    await ada.start()
    await ada.page.getByLabel('Language of the new room').selectOption('go')
    await ada.button('New room').click()
    const id = await ada.entered()
    expect(new URL(ada.page.url()).pathname).toBe(`/${id}`)
    await ada.seesLanguage('go')
    await ada.lights('Connected')

    await ada.type('package main')
    await ada.lights('Saved')
    await ada.start()
    expect(await ada.page.getByLabel('Language of the new room').inputValue()).toBe('go')
    await ada.page.locator(`[data-room="${id}"] a`).click()
    await ada.entered()
    await ada.shows('package main')
  })

  test('its link can be copied', async ({ open, tutti }) => {
    const id = await makeRoom(tutti)
    const ada = await open('Ada')
    await ada.enter(id)
    await ada.button('Copy link').click()
    await ada.page.locator('[data-copied=true]').waitFor()
    expect(await ada.page.evaluate(async () => await navigator.clipboard.readText())).toBe(`${tutti.url}/${id}`)
  })

  test('reloading keeps the room', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'one\n')
    const ada = await open('Ada')
    await ada.enter(id)
    await ada.press('Control+End')
    await ada.type('two')
    await ada.lights('Saved')
    await ada.page.reload()
    expect(await ada.entered()).toBe(id)
    await ada.shows('one\ntwo')
  })
})

describe('joining a room', () => {
  test('by its link, in both forms', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'hello')
    const bob = await open('Bob')
    await bob.enter(id)
    await bob.shows('hello')
    await bob.page.goto(`/#${id}`)
    expect(await bob.entered()).toBe(id)
    await bob.shows('hello')
  })

  test('by its id or its link in the field', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'hello')
    const bob = await open('Bob')
    for (const written of [id, `  ${tutti.url}/${id} `]) {
      await bob.start()
      await bob.page.getByLabel('Join a room').and(bob.page.locator('input')).fill(written)
      await bob.press('Enter')
      await bob.entered()
      await bob.shows('hello')
    }
  })

  test('what is no room is said so', async ({ open }) => {
    const bob = await open('Bob')
    await bob.start()
    const field = bob.page.locator('#join-room')
    for (const [written, said] of [['', /Paste the link/], ['no room at all', /no link of a room/], ['zzzzzz', /no room zzzzzz/]] as const) {
      await field.fill(written)
      await bob.button('Join').click()
      await bob.page.locator('#join-problem', { hasText: said }).waitFor()
      expect(await field.getAttribute('aria-invalid')).toBe('true')
      expect(await field.evaluate(element => element === document.activeElement)).toBe(true)
    }
    await field.fill('a')
    expect(await field.getAttribute('aria-invalid')).toBeNull()
    expect(await bob.page.locator('#join-problem').textContent()).toBe('')
  })

  test('an address that is no room is said so', async ({ open }) => {
    const bob = await open('Bob')
    await bob.page.goto('/no-room')
    await bob.page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await bob.page.getByRole('main').getByRole('link', { name: 'Start page' }).click()
    await bob.button('New room').waitFor()
  })
})

describe('the name', () => {
  test('is asked for once, and kept', async ({ open, tutti }) => {
    const id = await makeRoom(tutti)
    const cleo = await open(null)
    await cleo.enter(id)
    const dialog = cleo.page.getByRole('dialog', { name: 'What should others call you?' })
    await dialog.getByLabel('Name', { exact: true }).fill('Cleo')
    await dialog.getByRole('radio', { name: 'Blue' }).check({ force: true })
    await dialog.getByRole('button', { name: 'Go to the room' }).click()
    await dialog.waitFor({ state: 'detached' })
    await cleo.seesPeople('Cleo')
    await cleo.type('typed at once')
    await cleo.shows('typed at once')
    await cleo.lights('Saved')

    const dora = await open('Dora')
    await dora.enter(id)
    await dora.seesPeople('Dora', 'Cleo')
    const face = dora.page.locator('[data-name="Cleo"] .avatar')
    await becomes('her colour', async () => await dora.style(face, '--person'), '#278BC1')

    await cleo.page.reload()
    await cleo.entered()
    await cleo.seesPeople('Cleo', 'Dora')
    expect(await dialog.count()).toBe(0)
  })

  test('can be skipped: then there is a friendly one, and it is not asked for again', async ({ open, tutti }) => {
    const id = await makeRoom(tutti)
    const guest = await open(null)
    await guest.enter(id)
    await guest.page.locator('[data-action=skip]').click()
    const [name = ''] = await guest.people()
    expect(name).not.toBe('')
    await guest.page.reload()
    await guest.entered()
    await guest.seesPeople(name)
    expect(await guest.page.locator('[data-dialog=name]').count()).toBe(0)
  })

  test('can be changed, and others see that', async ({ open, tutti }) => {
    const id = await makeRoom(tutti)
    const [ada, bob] = [await open('Ada'), await open('Bob')]
    await Promise.all([ada.enter(id), bob.enter(id)])
    await bob.seesPeople('Bob', 'Ada')
    await ada.button('Ada (you). Change your name').click()
    await ada.page.locator('#own-name').fill('Countess')
    await ada.press('Enter')
    await ada.seesPeople('Countess', 'Bob')
    await bob.seesPeople('Bob', 'Countess')
    await ada.page.reload()
    await bob.seesPeople('Bob', 'Countess')
  })
})
