import { describe, expect } from 'vitest'
import { makeRoom, test } from './harness/scene.js'
import { becomes } from './harness/wait.js'

describe('a suggestion', () => {
  test('is shown as ghost text that others do not see, and Tab accepts it', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, '', 'python')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.type('for ')
    const ghost = ada.page.locator('.cm-ghostText')
    await ghost.first().waitFor()
    await bob.shows('for ')
    const offered = await ghost.evaluateAll(all => all.map(one => one.textContent).join(''))
    expect(offered).not.toBe('')
    await ada.press('Tab')
    await ada.counts(ghost, 0)
    const accepted = await ada.text()
    expect(accepted.startsWith('for ')).toBe(true)
    expect(accepted.replaceAll('\n', '')).toContain(offered.replaceAll('\n', ''))
    await bob.shows(accepted)
    await ada.lights('Saved')

    await ada.press('Control+z') // one step, and only that
    await ada.shows('for ')
    await bob.shows('for ')
  })

  test('goes away by Escape, and then Tab is Tab', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, '', 'python')
    const ada = await open('Ada')
    await ada.enter(id)
    await ada.type('for ')
    const ghost = ada.page.locator('.cm-ghostText')
    await ghost.first().waitFor()
    await ada.press('Escape')
    await ada.counts(ghost, 0)
    await ada.shows('for ')
    expect(await ada.editor.evaluate(element => element.matches(':focus'))).toBe(true)
  })

  test('stays as long as one types what it says, and goes when not', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, '', 'python')
    const ada = await open('Ada')
    await ada.enter(id)
    await ada.type('for ')
    const ghost = ada.page.locator('.cm-ghostText').first()
    await ghost.waitFor()
    const offered = await ghost.textContent() ?? ''
    await ada.type(offered.slice(0, 1))
    await becomes('the rest of it', async () => await ghost.textContent(), offered.slice(1))
    await ada.type('#')
    await ada.counts(ghost, 0)
  })

  test('is not asked for when they are off, and that is kept', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, '', 'python')
    const ada = await open('Ada')
    let asked = 0
    ada.page.on('request', request => { if (request.url().endsWith('/rooms/autocomplete')) asked++ })
    await ada.enter(id)
    const toggle = ada.page.locator('[data-action=suggestions]')
    await toggle.click()
    await ada.page.reload()
    await ada.entered()
    expect(await toggle.getAttribute('aria-pressed')).toBe('false')
    await ada.type('for ')
    await ada.lights('Saved') // which takes as long as asking would
    expect(asked).toBe(0)
    await toggle.click()
    await ada.editor.focus()
    await ada.press('Control+End')
    await ada.type('x in range(3): pass\nfor ')
    await ada.page.locator('.cm-ghostText').first().waitFor()
    expect(asked).toBeGreaterThan(0)
  })
})
