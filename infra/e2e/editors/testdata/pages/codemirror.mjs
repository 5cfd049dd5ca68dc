// CodeMirror 6 with y-codemirror.next, put together as its README does.
import { defaultKeymap } from '@codemirror/commands'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import * as Y from 'yjs'
import { answer, join, undo } from './room.mjs'

const room = join()
const view = new EditorView({
  parent: document.getElementById('editor'),
  state: EditorState.create({
    doc: room.text.toString(),
    extensions: [
      lineNumbers(),
      keymap.of([...yUndoManagerKeymap, ...defaultKeymap]), // its undo manager knows what is one's own
      yCollab(room.text, room.awareness, { undoManager: new Y.UndoManager(room.text, undo) }),
      EditorView.theme({
        '.cm-content': { paddingTop: '1.5em' },
        '.cm-ySelectionInfo': { opacity: 1 } // names are only shown on hovering unless asked for
      })
    ]
  })
})
view.focus()

answer(room, {
  code: () => view.state.doc.toString(),
  carets: () => [...view.dom.querySelectorAll('.cm-ySelectionCaret')].map(element => {
    const at = view.posAtDOM(element)
    const line = view.state.doc.lineAt(at)
    return {
      element,
      name: element.querySelector('.cm-ySelectionInfo').textContent,
      color: getComputedStyle(element).backgroundColor,
      line: line.number,
      column: at - line.from + 1
    }
  })
})
