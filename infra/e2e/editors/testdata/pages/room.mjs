// What both pages have in common: a person in a room, and what tests ask of a page.
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'

const asked = new URLSearchParams(location.search)

// join enters the room that the address of the page names, as the person that it names.
export function join () {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(asked.get('relay'), asked.get('room'), doc, {
    disableBc: true, // windows of one browser would tell each other what happens, past the relays
    maxBackoffTime: 300 // ms: tests wait for it
  })
  const color = asked.get('color')
  provider.awareness.setLocalStateField('user', { name: asked.get('name'), color, colorLight: color + '33' })
  return { doc, text: doc.getText('code'), provider, awareness: provider.awareness }
}

// undo is how undo managers are to be: what is typed goes at once, even when a slow
// machine types it.
export const undo = { captureTimeout: 10_000 } // ms

// answer lets tests ask what an editor shows:
//   code()      its text
//   carets()    the elements that are carets of others: [{ element, name, color, line, column }]
//   undo()      for editors that have an undo of their own beside the one on Ctrl-Z
export function answer ({ text, provider }, editor) {
  globalThis.page = {
    ...editor,
    synced: () => provider.synced,
    shows: code => editor.code() === code && text.toString() === code,
    carets: () => editor.carets().filter(seen).map(c => `${c.name} ${hex(c.color)} ${c.line}:${c.column}`).sort(),
    describe: () => ({ synced: provider.synced, shown: editor.code(), room: text.toString(), carets: page.carets() })
  }
}

// seen says whether a caret is where somebody can see it.
function seen ({ element }) {
  const box = element.getBoundingClientRect()
  return box.height > 0 && box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth
}

// hex writes a color that the browser computed as people give it.
function hex (color) {
  return '#' + color.match(/\d+/g).slice(0, 3).map(n => Number(n).toString(16).padStart(2, '0')).join('')
}
