import { describe, expect } from 'vitest'
import { code, company } from './harness/company.js'
import { makeRoom, test } from './harness/scene.js'
import { becomes } from './harness/wait.js'
import type { Window } from './harness/window.js'

describe('by the keyboard alone', () => {
  /** What has the focus, by its name. */
  async function focused (window: Window): Promise<string> {
    return await window.page.evaluate(() => {
      const element = document.activeElement
      if (element === null || element === document.body) return ''
      if (element.shadowRoot !== null) return 'the editor'
      const { outlineStyle, boxShadow } = getComputedStyle(element)
      const seen = outlineStyle !== 'none' || boxShadow !== 'none'
      const name = element.getAttribute('aria-label') ?? element.textContent ?? ''
      return seen ? name.trim() : `unseen: ${name.trim()}`
    })
  }

  /** Presses Tab until something has the focus, more often than there are controls. */
  async function tabTo (window: Window, name: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let i = 0; i < 40; i++) {
      const at = await focused(window)
      if (at === name) return
      if (at === 'the editor') await window.press('Escape')
      await window.press(key)
    }
    throw new Error(`Tab never comes to ${name}`)
  }

  test('one makes a room, types, leaves the editor and comes to every control', async ({ open }) => {
    const ada = await open('Ada')
    await ada.start()
    await tabTo(ada, 'New room')
    await ada.press('Enter')
    await ada.entered()
    await becomes('the focus', async () => await focused(ada), 'the editor')
    await ada.type('x = 1')
    await ada.press('Enter', 'Tab')
    await ada.type('y')
    await ada.shows('x = 1\n    y')

    const reached = new Set<string>()
    for (let i = 0; i < 25; i++) {
      if (await focused(ada) === 'the editor') await ada.press('Escape')
      await ada.press('Tab')
      reached.add(await focused(ada))
    }
    await ada.shows('x = 1\n    y')
    for (const name of ['Skip to the editor', 'Tutti, start page', 'Copy link', 'Language of this room', 'Ada (you). Change your name',
      'People: 1, only you', 'the editor', 'Suggestions on', 'Use the dark theme']) expect(reached).toContain(name)
    expect([...reached].filter(name => name.startsWith('unseen'))).toEqual([])

    await tabTo(ada, 'Skip to the editor')
    await ada.press('Enter')
    await becomes('the focus', async () => await focused(ada), 'the editor')
    await tabTo(ada, 'Use the dark theme')
    await ada.press('Enter')
    expect(await ada.page.locator('html').getAttribute('data-theme')).toBe('dark')
  })

  test('one follows somebody, and changes the name', async ({ open, joinPlain, tutti }) => {
    const { ada } = await company({ open, joinPlain, tutti }, {})
    await tabTo(ada, 'People: 3')
    await ada.press('Enter')
    await tabTo(ada, 'Follow Bob')
    await ada.press('Enter')
    await ada.button('Following Bob. Stop').waitFor()
    await tabTo(ada, 'Follow Bob', 'Shift+Tab')
    expect(await ada.page.locator('[data-name="Bob"]').getAttribute('aria-pressed')).toBe('true')
    await ada.press('Enter')
    await ada.counts(ada.page.locator('[data-following]'), 0)
    await tabTo(ada, 'Ada (you). Change your name')
    await ada.press('Enter')
    await ada.page.locator('[data-dialog=name]').waitFor()
    await ada.press('Escape')
    await ada.counts(ada.page.locator('[data-dialog=name]'), 0)
    expect(await focused(ada)).toBe('Ada (you). Change your name')
  })
})

describe('on a phone', () => {
  test('the panel has the link and the language', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, code, 'python')
    const [ada, bob] = await Promise.all([open('Ada', { phone: true }), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.button('Room, link and language').tap()
    const panel = ada.page.locator('#room-panel')
    await panel.getByRole('button', { name: 'Copy link' }).tap()
    await panel.locator('[data-copied=true]').waitFor()
    expect(await ada.page.evaluate(async () => await navigator.clipboard.readText())).toBe(`${tutti.url}/${id}`)
    await panel.getByLabel('Language of this room').selectOption('go')
    await bob.seesLanguage('go')
    await ada.editor.tap()
    await panel.waitFor({ state: 'hidden' })
    await ada.press('Control+End')
    await ada.type('end')
    await bob.shows(`${code}end`)
  })
})
