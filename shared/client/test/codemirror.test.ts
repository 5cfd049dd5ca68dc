// @vitest-environment jsdom
import { history, indentWithTab, redo, undo } from '@codemirror/commands'
import { Compartment, EditorSelection, EditorState } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { requestSuggestion, shownSuggestion } from '../src/codemirror.js'
import { suggestions } from '../src/suggestions.js'
import { announced, open, picture, press, type } from './editor.js'
import { ManualSource } from './manual-source.js'
import { suggest, SuggestionServer } from './suggestion-server.js'

let source: ManualSource
let view: EditorView

beforeEach(() => {
  source = new ManualSource()
})

afterEach(() => view.destroy())

/** Opens an editor, types, and lets the source suggest something. */
async function shown (marked: string, typed: string, suggestion: string, ...extensions: Parameters<typeof open>[2][]) {
  view = open(marked, { source }, ...extensions)
  type(view, typed)
  await source.last.answer(suggestion)
}

describe('asking', () => {
  test('asks about what the user typed, and shows the answer behind the cursor', async () => {
    await shown('x = 1\nfor|\ny = 2', ' ', 'i in x:\n    pass')
    expect(source.asked).toMatchObject([{ code: 'x = 1\nfor \ny = 2', position: 10, language: 'python', immediate: false }])
    expect(picture(view)).toBe('x = 1\nfor |[i in x:\n    pass]\ny = 2')
    expect(view.state.doc.toString()).toBe('x = 1\nfor \ny = 2')
    expect(shownSuggestion(view.state)).toEqual({ text: 'i in x:\n    pass', position: 10 })
    expect(view.contentDOM.querySelector('.cm-ghostText')?.getAttribute('aria-hidden')).toBe('true')
  })

  test('a new line is typing', () => {
    view = open('if x:|', { source })
    type(view, '\n    ', 'input')
    expect(source.asked).toHaveLength(1)
  })

  test.each([
    ['remote edits', () => view.dispatch({ changes: { from: 0, insert: 'x' } })],
    ['a moved cursor', () => view.dispatch({ selection: { anchor: 0 }, userEvent: 'select' })],
    ['deleting', () => view.dispatch({ changes: { from: 1, to: 2 }, userEvent: 'delete.backward' })],
    ['pasting', () => type(view, 'for ', 'input.paste')],
    ['undoing', () => undo(view)]
  ])('%s: asks nothing', (_, act) => {
    view = open('fo|', { source }, history())
    view.dispatch({ changes: { from: 2, insert: '\n' } })
    act()
    expect(source.asked).toHaveLength(0)
  })

  test.each([
    ['in a read-only editor', [EditorState.readOnly.of(true)], EditorSelection.single(2)],
    ['in an editor that is not editable', [EditorView.editable.of(false)], EditorSelection.single(2)],
    ['with a selection', [], EditorSelection.single(0, 2)],
    ['with several cursors', [EditorState.allowMultipleSelections.of(true)],
      EditorSelection.create([EditorSelection.cursor(0), EditorSelection.cursor(2)])]
  ])('%s: asks nothing, not even when told to', (_, extensions, selection) => {
    view = open('fo|', { source }, ...extensions)
    view.dispatch({ changes: { from: 1, insert: 'x' }, userEvent: 'input.type', selection })
    expect(requestSuggestion(view)).toBe(false)
    expect(source.asked).toHaveLength(0)
  })

  test('asks nothing while a composition lasts, and about its outcome when it ends', () => {
    view = open('|', { source })
    view.contentDOM.dispatchEvent(new CompositionEvent('compositionstart'))
    type(view, 'に', 'input.type.compose')
    expect(source.asked).toHaveLength(0)
    view.contentDOM.dispatchEvent(new CompositionEvent('compositionend'))
    expect(source.asked).toMatchObject([{ code: 'に', position: 1 }])
  })

  test('asks nothing about a composition when the user did something else since', () => {
    view = open('|', { source })
    view.contentDOM.dispatchEvent(new CompositionEvent('compositionstart'))
    type(view, 'に', 'input.type.compose')
    view.dispatch({ selection: { anchor: 0 }, userEvent: 'select' })
    view.contentDOM.dispatchEvent(new CompositionEvent('compositionend'))
    expect(view.compositionStarted).toBe(false)
    expect(source.asked).toHaveLength(0)
  })

  test('a composition without typing asks nothing', () => {
    view = open('|', { source })
    view.contentDOM.dispatchEvent(new CompositionEvent('compositionstart'))
    view.contentDOM.dispatchEvent(new CompositionEvent('compositionend'))
    expect(view.compositionStarted).toBe(false)
    expect(source.asked).toHaveLength(0)
  })

  test('a key asks at once', async () => {
    view = open('for |', { source })
    expect(press(view, '\\', { altKey: true })).toBe(true)
    expect(source.last).toMatchObject({ immediate: true, position: 4 })
    await source.last.answer('x in y')
    expect(picture(view)).toBe('for |[x in y]')
  })

  test('takes its questions back when the editor goes', () => {
    view = open('fo|', { source })
    type(view, 'r')
    view.destroy()
    expect(source.last.signal?.aborted).toBe(true)
  })
})

describe('an answer that comes late', () => {
  beforeEach(() => {
    view = open('ab\nfo|\n', { source })
    type(view, 'r')
  })

  test('shows the rest of what the user typed meanwhile, and takes the newer question back', async () => {
    const [asked] = source.asked
    type(view, ' ')
    type(view, 'i')
    await asked?.answer(' in x')
    expect(picture(view)).toBe('ab\nfor i|[n x]\n')
    expect(source.last.signal?.aborted).toBe(true)
  })

  test.each([
    ['the user typed something else', () => type(view, 'x')],
    ['the user typed all of it', () => type(view, ' i')],
    ['the cursor is elsewhere', () => view.dispatch({ selection: { anchor: 1 }, userEvent: 'select' })],
    ['something is selected', () => view.dispatch({ selection: { anchor: 6, head: 5 }, userEvent: 'select' })],
    ['the user deleted', () => view.dispatch({ changes: { from: 5, to: 6 }, userEvent: 'delete.backward' })],
    ['another wrote at the cursor', () => view.dispatch({ changes: { from: 6, insert: '!' } })],
    ['another deleted what is behind the cursor', () => view.dispatch({ changes: { from: 6, to: 7 } })],
    ['another deleted what is before the cursor', () => view.dispatch({ changes: { from: 4, to: 6 } })],
    ['a composition began', () => { view.contentDOM.dispatchEvent(new CompositionEvent('compositionstart')) }]
  ])('is dropped when %s', async (_, act) => {
    const [asked] = source.asked
    act()
    await asked?.answer(' i')
    expect(shownSuggestion(view.state)).toBeNull()
  })

  test('is dropped when the cursor went and came back', async () => {
    view.dispatch({ selection: { anchor: 1 } })
    view.dispatch({ selection: { anchor: 6 } })
    await source.last.answer(' i')
    expect(shownSuggestion(view.state)).toBeNull()
    expect(source.last.signal?.aborted).toBe(true)
  })

  test('moves with what others wrote before it', async () => {
    view.dispatch({ changes: [{ from: 0, insert: '# more\n' }, { from: 1, to: 2 }] })
    await source.last.answer(' x')
    expect(picture(view)).toBe('# more\na\nfor|[ x]\n')
  })

  test('may begin before the cursor with what is there', async () => {
    await source.last.answer({ text: 'for x', position: 3 })
    expect(picture(view)).toBe('ab\nfor|[ x]\n')
  })

  test('is dropped when it begins before the cursor with something else, or behind it', async () => {
    await source.last.answer({ text: 'bar x', position: 3 })
    expect(shownSuggestion(view.state)).toBeNull()
    view.dispatch({ selection: { anchor: 0 } })
    type(view, 'x')
    await source.last.answer({ text: 'x', position: 3 })
    expect(shownSuggestion(view.state)).toBeNull()
  })
})

test('an answer for another language is dropped', async () => {
  let language = 'python'
  view = open('fo|', { source, language: () => language })
  type(view, 'r')
  language = 'go'
  await source.last.answer(' x')
  expect(shownSuggestion(view.state)).toBeNull()
})

test.each([
  ['only its first line in front of code', 'fo| x', 'r', ' y:\n  pass', 'for|[ y:] x'],
  ['nothing in front of code when there is only white space on its first line', 'fo|x', 'r', '\n  pass', 'for|x'],
  ['nothing that cannot be seen', 'fo|', 'r', ' \n\t', 'for|'],
  ['all of it in front of white space', 'fo| \nx', 'r', ' y:\n  pass', 'for|[ y:\n  pass] \nx']
])('shows %s', async (_, marked, typed, suggestion, want) => {
  await shown(marked, typed, suggestion)
  expect(picture(view)).toBe(want)
})

describe('ghost text', () => {
  beforeEach(() => shown('a\nfo|', 'r', ' x in y:\n  pass', history(), keymap.of([indentWithTab])))

  test('keeps the rest of what is typed, in one element, without asking again', () => {
    const before = view.contentDOM.querySelector('.cm-ghostText')
    for (const character of ' x') type(view, character)
    expect(picture(view)).toBe('a\nfor x|[ in y:\n  pass]')
    expect(view.contentDOM.querySelector('.cm-ghostText')).toBe(before)
    expect(source.asked).toHaveLength(1)
  })

  test('ends when all of it is typed, and the next is asked for', () => {
    type(view, ' x in y:\n  pass')
    expect(picture(view)).toBe('a\nfor x in y:\n  pass|')
    expect(source.asked).toHaveLength(2)
  })

  test('goes when something else is typed, and the next is asked for', () => {
    type(view, '!')
    expect(picture(view)).toBe('a\nfor!|')
    expect(source.asked).toHaveLength(2)
  })

  test.each([
    ['the cursor moves', () => view.dispatch({ selection: { anchor: 2 } })],
    ['something is selected', () => view.dispatch({ selection: { anchor: 4, head: 5 } })],
    ['another writes at it', () => view.dispatch({ changes: { from: 5, insert: ' ' } })],
    ['a composition begins', () => type(view, ' ', 'input.type.compose.start')],
    ['a character is deleted', () => view.dispatch({ changes: { from: 4, to: 5 }, userEvent: 'delete.backward' })]
  ])('goes when %s', (_, act) => {
    act()
    expect(shownSuggestion(view.state)).toBeNull()
    expect(picture(view)).not.toContain('[')
  })

  test('moves with what others write elsewhere', () => {
    view.dispatch({ changes: { from: 0, to: 1, insert: 'bcd' } })
    expect(picture(view)).toBe('bcd\nfor|[ x in y:\n  pass]')
  })

  test('is accepted by Tab, which then indents again', () => {
    expect(press(view, 'Tab')).toBe(true)
    expect(picture(view)).toBe('a\nfor x in y:\n  pass|')
    expect(press(view, 'Tab')).toBe(true)
    expect(picture(view)).toBe('a\nfor x in y:\n    pass|')
    expect(source.asked).toHaveLength(1)
  })

  test('is dismissed by Escape, which then does what it did', () => {
    expect(press(view, 'Escape')).toBe(true)
    expect(picture(view)).toBe('a\nfor|')
    expect(press(view, 'Escape')).toBe(false)
    expect(press(view, 'ArrowRight', { ctrlKey: true })).toBe(false)
  })

  test('is accepted word by word', () => {
    const pictures = Array.from({ length: 5 }, () => {
      expect(press(view, 'ArrowRight', { ctrlKey: true })).toBe(true)
      return picture(view)
    })
    expect(pictures).toEqual([
      'a\nfor x|[ in y:\n  pass]',
      'a\nfor x in|[ y:\n  pass]',
      'a\nfor x in y|[:\n  pass]',
      'a\nfor x in y:|[\n  pass]',
      'a\nfor x in y:\n  pass|'
    ])
  })

  test('is accepted in a step of its own', () => {
    press(view, 'Tab')
    type(view, '!')
    expect(picture(view)).toBe('a\nfor x in y:\n  pass!|')
    undo(view)
    expect(picture(view)).toBe('a\nfor x in y:\n  pass|')
    undo(view)
    expect(picture(view)).toBe('a\nfor|')
    redo(view)
    expect(picture(view)).toBe('a\nfor x in y:\n  pass|')
  })

  test('is accepted by a tap, not by a click', () => {
    const ghost = view.contentDOM.querySelector('.cm-ghostText')
    const pointer = (kind: string, pointerType: string) =>
      ghost?.dispatchEvent(Object.assign(new MouseEvent(kind, { bubbles: true }), { pointerType }))
    pointer('pointerdown', 'mouse')
    pointer('click', 'mouse')
    expect(picture(view)).toBe('a\nfor|[ x in y:\n  pass]')
    pointer('pointerdown', 'touch')
    pointer('click', 'touch')
    expect(picture(view)).toBe('a\nfor x in y:\n  pass|')
  })

  test('is told to screen readers once', async () => {
    expect(announced(view)).toEqual(['Suggestion: x in y:. Tab to accept'])
    await vi.waitFor(() => expect(announced(view)).toEqual([]))
    type(view, ' ')
    view.dispatch({ changes: { from: 0, insert: '!' } })
    press(view, 'ArrowRight', { ctrlKey: true })
    expect(announced(view)).toEqual([])
  })
})

test('goes when the editor becomes read-only', async () => {
  const readOnly = new Compartment()
  await shown('fo|', 'r', ' x', readOnly.of([]))
  expect(picture(view)).toBe('for|[ x]')
  view.dispatch({ effects: readOnly.reconfigure(EditorState.readOnly.of(true)) })
  expect(picture(view)).toBe('for|')
  expect(press(view, 'Tab')).toBe(false)
})

test('positions count one for a line break, whatever the editor writes for it', async () => {
  view = open('a\nfo|', { source }, EditorState.lineSeparator.of('\r\n'))
  view.dispatch({ changes: { from: 0, to: 4, insert: 'a\r\nfo' }, selection: { anchor: 4 } })
  type(view, 'r')
  expect(source.last).toMatchObject({ code: 'a\nfor', position: 5 })
  await source.last.answer(' x:\n  y')
  press(view, 'Tab')
  expect(picture(view)).toBe('a\nfor x:\n  y|')
})

test('accepting is one transaction that says what it is', async () => {
  const changes: boolean[] = []
  await shown('fo|', 'r', ' x', EditorView.updateListener.of(update => {
    changes.push(...update.transactions.filter(tr => tr.docChanged).map(tr => tr.isUserEvent('input.complete')))
  }))
  press(view, 'Tab')
  expect(changes).toEqual([false, true])
})

test('the keys and the announcement can be others', async () => {
  view = open('fo|', { source, acceptKey: 'Ctrl-Enter', triggerKey: 'F2' }, EditorState.phrases.of({
    'Suggestion: $1. $2 to accept': 'Vorschlag: $1. Annehmen mit $2'
  }))
  expect(press(view, 'F2')).toBe(true)
  await source.last.answer('\n  bar')
  expect(announced(view)).toEqual(['Vorschlag: bar. Annehmen mit Ctrl-Enter'])
  expect(press(view, 'Tab')).toBe(false)
  expect(press(view, 'Enter', { ctrlKey: true })).toBe(true)
  expect(picture(view)).toBe('fo\n  bar|')
})

test('a source that fails is reported to the editor', async () => {
  const failure = new Error('broken')
  const reported = new Promise(resolve => {
    view = open('fo|', { source: { ask: () => Promise.reject(failure) } }, EditorView.exceptionSink.of(resolve))
  })
  type(view, 'r')
  expect(await reported).toBe(failure)
})

test('works with a server', async () => {
  const server = await SuggestionServer.start()
  try {
    server.behaviour = suggest(' x in y')
    view = open('fo|', { source: suggestions(server.url, { debounceMs: 20 }) })
    type(view, 'o')
    type(view, 'r')
    await vi.waitFor(() => expect(picture(view)).toBe('foor|[ x in y]'))
    expect(server.requests).toHaveLength(1)
  } finally {
    await server.stop()
  }
})
