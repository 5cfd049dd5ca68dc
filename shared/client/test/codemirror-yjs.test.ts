// @vitest-environment jsdom
import { type EditorView, keymap } from '@codemirror/view'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { open, picture, press, type } from './editor.js'
import { ManualSource } from './manual-source.js'

let source: ManualSource
let view: EditorView
let text: Y.Text
let peer: Y.Text

/** Two people with the same text, of whom the first has an editor, has typed and sees a suggestion. */
beforeEach(async () => {
  text = new Y.Doc().getText('code')
  peer = new Y.Doc().getText('code')
  text.doc?.on('update', update => Y.applyUpdate(peer.doc as Y.Doc, update, 'network'))
  peer.doc?.on('update', (update, origin) => {
    if (origin !== 'network') Y.applyUpdate(text.doc as Y.Doc, update, 'network')
  })
  text.insert(0, '# été\nfo')

  source = new ManualSource()
  const undoManager = new Y.UndoManager(text)
  const awareness = new Awareness(text.doc as Y.Doc)
  view = open('# été\nfo|', { source, undoManager }, yCollab(text, awareness, { undoManager }), keymap.of(yUndoManagerKeymap))
  type(view, 'r')
  await source.last.answer(' x in y:\n  pass')
})

afterEach(() => view.destroy())

test('only what is accepted reaches the others', () => {
  expect(peer.toString()).toBe('# été\nfor')
  press(view, 'ArrowRight', { ctrlKey: true })
  expect(peer.toString()).toBe('# été\nfor x')
  press(view, 'Tab')
  expect(peer.toString()).toBe('# été\nfor x in y:\n  pass')
  expect(picture(view)).toBe('# été\nfor x in y:\n  pass|')
})

test('accepting is an undo step of its own, however fast the typing around it', () => {
  press(view, 'Tab')
  type(view, '!')
  const undone = ['z', 'z', 'z'].map(key => {
    press(view, key, { ctrlKey: true })
    return picture(view)
  })
  expect(undone).toEqual(['# été\nfor x in y:\n  pass|', '# été\nfor|', '# été\nfo|'])
  press(view, 'y', { ctrlKey: true })
  press(view, 'y', { ctrlKey: true })
  expect(text.toString()).toBe('# été\nfor x in y:\n  pass')
  expect(peer.toString()).toBe(text.toString())
})

test('undoing asks nothing', () => {
  press(view, 'Tab')
  press(view, 'z', { ctrlKey: true })
  expect(picture(view)).toBe('# été\nfor|')
  expect(source.asked).toHaveLength(1)
})

test('it moves with what others write elsewhere, and is inserted where it moved to', () => {
  peer.insert(0, 'import os\n')
  peer.delete(peer.toString().indexOf('# été'), 6)
  expect(picture(view)).toBe('import os\nfor|[ x in y:\n  pass]')
  press(view, 'Tab')
  expect(peer.toString()).toBe('import os\nfor x in y:\n  pass')
})

test('it goes when others write where it is', () => {
  peer.insert(peer.length, ' each')
  expect(picture(view)).toBe('# été\nfor| each')
  expect(press(view, 'Tab')).toBe(false)
})

test('others writing asks nothing, and a late answer follows what they wrote', async () => {
  press(view, 'Escape')
  type(view, ' ')
  expect(source.asked).toHaveLength(2)
  peer.insert(0, 'import os\n')
  expect(source.asked).toHaveLength(2)
  await source.last.answer('x')
  expect(picture(view)).toBe('import os\n# été\nfor |[x]')
})
