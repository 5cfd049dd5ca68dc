import { describe, expect } from 'vitest'
import { makeRoom, test } from './harness/scene.js'
import { becomes, eventually } from './harness/wait.js'

describe('the others', () => {
  test('are in the row as long as they are there', async ({ open, joinPlain, tutti }) => {
    const id = await makeRoom(tutti)
    const ada = await open('Ada')
    await ada.enter(id)
    await ada.seesPeople('Ada')
    expect(await ada.page.locator('[data-people-count]').textContent()).toBe('Only you here')
    const bob = await open('Bob')
    await bob.enter(id)
    await ada.seesPeople('Ada', 'Bob')
    await bob.seesPeople('Bob', 'Ada')
    const plain = await joinPlain(id, 'Cleo')
    await ada.seesPeople('Ada', 'Bob', 'Cleo')
    plain.pointsAt(1, 1)
    await ada.caretOf('Cleo').waitFor()
    await ada.page.locator('[data-people-count]', { hasText: '3 people' }).waitFor()
    plain.close()
    await ada.seesPeople('Ada', 'Bob')
    await bob.close()
    await ada.seesPeople('Ada')
  })

  test('show where they are, with name and colour', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'first line\nsecond line')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await ada.enter(id) // before Bob: who comes at the same time at another relay may get the same colour
    await bob.enter(id)
    await bob.press('Control+End')
    const caret = ada.caretOf('Bob')
    await caret.waitFor()
    expect(await caret.textContent()).toBe('Bob')
    const colour = await ada.style(ada.page.locator('[data-name="Bob"] .avatar'), '--person')
    expect(colour).toMatch(/^#[0-9a-f]{6}$/i)
    expect(await ada.style(caret, '--person')).toBe(colour)
    expect(await bob.style(bob.page.locator('[data-name="Bob"] .avatar'), '--person')).toBe(colour)
    expect(await ada.style(ada.page.locator('[data-name="Ada"] .avatar'), '--person')).not.toBe(colour)

    const lineOf = async (): Promise<number> => {
      const [box, first] = [await caret.boundingBox(), await ada.page.locator('.cm-line').first().boundingBox()]
      return box === null || first === null ? NaN : Math.round((box.y - first.y) / first.height) + 1
    }
    await becomes('the line of Bob’s caret', lineOf, 2)
    await bob.press('Control+Home')
    await becomes('the line of Bob’s caret', lineOf, 1)

    await bob.press('Shift+End')
    const selection = ada.page.locator('.cm-others-selection')
    await eventually('Bob’s selection', async () => (await selection.first().boundingBox())?.width ?? 0, width => width > 40)
    expect(await ada.style(selection.first(), '--person')).toBe(colour)
    await bob.press('ArrowRight')
    await ada.counts(selection, 0)
    await bob.close()
    await ada.counts(caret, 0)
  })

  test('keep their place in the text while one types before them', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'one two')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await bob.press('Control+End')
    await ada.caretOf('Bob').waitFor()
    await ada.press('Control+Home')
    await ada.type('zero ')
    await bob.shows('zero one two')
    expect(await bob.place()).toBe('Ln 1, Col 13')
    await bob.type('!')
    await ada.shows('zero one two!')
  })
})

describe('following', () => {
  const long = Array.from({ length: 200 }, (_, i) => `line ${i + 1}`).join('\n')

  test('shows what somebody else looks at, until one types', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, long)
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.button('Follow Bob').first().click()
    await ada.button('Following Bob. Stop').waitFor()
    const seen = ada.caretOf('Bob')
    const isInSight = async (): Promise<boolean> => {
      const [box, editor] = [await seen.boundingBox().catch(() => null), await ada.page.locator('.cm-scroller').boundingBox()]
      return box !== null && editor !== null && box.y >= editor.y && box.y + box.height <= editor.y + editor.height
    }
    await bob.press('Control+End')
    await becomes('whether Bob’s caret is in sight', isInSight, true)
    await ada.page.locator('.cm-line', { hasText: 'line 200' }).waitFor()
    await bob.press('Control+Home')
    await becomes('whether Bob’s caret is in sight', isInSight, true)

    await ada.editor.focus()
    await ada.press('x')
    await ada.counts(ada.button('Following Bob. Stop'), 0)
    await bob.press('Control+End')
    await eventually('that Bob is elsewhere', async () => await bob.place(), place => place.startsWith('Ln 200'))
    await bob.type('!')
    await bob.lights('Saved')
    expect(await ada.page.locator('.cm-line', { hasText: 'line 200' }).count()).toBe(0)
  })

  test('ends when the other leaves', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, long)
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.button('Follow Bob').first().click()
    await ada.button('Following Bob. Stop').waitFor()
    await bob.close()
    await ada.counts(ada.page.locator('[data-following]'), 0)
    await ada.seesPeople('Ada')
  })
})
