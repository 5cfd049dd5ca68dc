// Monaco with y-monaco. Three things are for the page to do, which y-monaco does not.
import * as monaco from 'monaco-editor/editor/editor.api.js'
import * as Y from 'yjs'
import { MonacoBinding } from 'y-monaco'
import { dress } from './carets.mjs'
import { answer, join, undo } from './room.mjs'

globalThis.MonacoEnvironment = { getWorker: () => new Worker('monaco.worker.js', { type: 'module' }) }

const room = join()
const editor = monaco.editor.create(document.getElementById('editor'), {
  value: '',
  language: 'plaintext',
  minimap: { enabled: false },
  padding: { top: 24 },
  automaticLayout: true
})
const model = editor.getModel()
// First: line ends must be one unit, as in the room, also where the system's are two.
model.setEOL(monaco.editor.EndOfLineSequence.LF)
// Second: carets have no color and no name unless the page gives them.
dress(room)
const binding = new MonacoBinding(room.text, model, new Set([editor]), room.awareness)
// Third: Monaco's own undo knows nothing of what others typed and goes back to
// wrong places. That of yjs takes back what came through this binding.
const undos = new Y.UndoManager(room.text, { ...undo, trackedOrigins: new Set([binding]) })
editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyZ, () => undos.undo())
editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyY, () => undos.redo())
editor.focus()

answer(room, {
  code: () => model.getValue(),
  undo: () => editor.trigger('test', 'undo'),
  carets: () => [...editor.getDomNode().querySelectorAll('.yRemoteSelectionHead')].map(element => {
    const label = getComputedStyle(element, '::after')
    return { element, name: label.content.slice(1, -1), color: label.backgroundColor, ...placeOf(element) }
  })
})

// placeOf is the place in the text at which an element is on the screen.
function placeOf (element) {
  const origin = editor.getDomNode().getBoundingClientRect()
  const box = element.getBoundingClientRect()
  let nearest = { away: Infinity }
  for (let line = 1; line <= model.getLineCount(); line++) {
    for (let column = 1; column <= model.getLineMaxColumn(line); column++) {
      const { left, top } = editor.getScrolledVisiblePosition({ lineNumber: line, column })
      const away = Math.abs(origin.left + left - box.left) + Math.abs(origin.top + top - box.top)
      if (away < nearest.away) nearest = { away, line, column }
    }
  }
  return nearest
}
