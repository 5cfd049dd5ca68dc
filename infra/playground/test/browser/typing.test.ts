import { describe, expect } from 'vitest'
import { makeRoom, test, textOf } from './harness/scene.js'
import { eventually } from './harness/wait.js'

describe('typing', () => {
  test('at the same time in different places: both have one text, with each mark once', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'top:\n\nbottom:')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.press('Control+Home', 'End')
    await bob.press('Control+End')
    const marks = (letter: string): string => Array.from({ length: 30 }, (_, i) => ` ${letter}${i}`).join('')
    await Promise.all([ada.type(marks('a'), 5), bob.type(marks('b'), 5)])
    const both = `top:${marks('a')}\n\nbottom:${marks('b')}`
    await ada.shows(both)
    await bob.shows(both)
    await Promise.all([ada.lights('Saved'), bob.lights('Saved')])
    expect(await textOf(tutti, id)).toBe(both)
  })

  test('in the same place: nothing is lost and all see the same', async ({ open, joinPlain, tutti }) => {
    const id = await makeRoom(tutti)
    const [ada, bob, plain] = await Promise.all([open('Ada'), open('Bob'), joinPlain(id)])
    await Promise.all([ada.enter(id), bob.enter(id)])
    const [left, right] = ['a'.repeat(40), 'b'.repeat(40)]
    await Promise.all([ada.type(left, 2), bob.type(right, 2)])
    const text = await eventually('all is there', async () => await ada.text(), text => text.length === 80)
    expect([...text].sort().join('')).toBe(left + right)
    await bob.shows(text)
    await plain.shows(text)
  })

  test('undo takes back only what one typed oneself', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'one\ntwo')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.press('Control+Home', 'End')
    await ada.type(' by Ada')
    await bob.shows('one by Ada\ntwo')
    await bob.press('Control+End')
    await bob.type(' by Bob')
    await ada.shows('one by Ada\ntwo by Bob')
    await ada.press('Control+z')
    await bob.shows('one\ntwo by Bob')
    await ada.press('Control+z') // there is no more of hers
    await ada.press('Control+y')
    await bob.shows('one by Ada\ntwo by Bob')
    await bob.press('Control+z')
    await ada.shows('one by Ada\ntwo')
    await bob.shows('one by Ada\ntwo')
  })

  test('emoji are one character each, for those who delete them too', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, '()')
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.press('Control+Home', 'ArrowRight')
    for (const emoji of ['😀', '👩‍💻', '🇩🇪', '𝒳']) {
      await ada.page.keyboard.insertText(emoji)
      await bob.shows(`(${emoji})`)
      await ada.press('Backspace')
      await bob.shows('()')
      await ada.shows('()')
    }
  })

  test('pasted line ends of Windows become those of the room', async ({ open, tutti }) => {
    const id = await makeRoom(tutti)
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.paste('def f():\r\n    return "🎉"\r\n\r\nf()\r\n')
    const text = 'def f():\n    return "🎉"\n\nf()\n'
    await ada.shows(text)
    await bob.shows(text)
    await ada.type('end')
    await bob.shows(`${text}end`)
    await ada.lights('Saved')
    expect(await textOf(tutti, id)).toBe(`${text}end`)
  })
})

describe('the language', () => {
  test('that one chooses shows for all, and theirs for them', async ({ open, joinPlain, tutti }) => {
    const id = await makeRoom(tutti, 'fn main() {}')
    const [ada, bob, plain] = await Promise.all([open('Ada'), open('Bob'), joinPlain(id)])
    await Promise.all([ada.enter(id), bob.enter(id)])
    await ada.choosesLanguage('rust')
    await bob.seesLanguage('rust')
    await plain.seesLanguage('rust')
    await bob.page.locator('[data-language-label]', { hasText: 'Rust' }).waitFor()
    plain.choosesLanguage('go')
    await Promise.all([ada.seesLanguage('go'), bob.seesLanguage('go')])
    await bob.page.reload()
    await bob.entered()
    await bob.seesLanguage('go')
  })

  test('colours the text', async ({ open, tutti }) => {
    const id = await makeRoom(tutti, 'def f(): return "text"')
    const ada = await open('Ada')
    await ada.enter(id)
    const colours = async (): Promise<number> =>
      new Set(await ada.page.locator('.cm-line span').evaluateAll(all => all.map(one => getComputedStyle(one).color))).size
    expect(await colours()).toBe(0)
    await ada.choosesLanguage('python')
    await eventually('different colours', colours, count => count >= 2)
  })
})
