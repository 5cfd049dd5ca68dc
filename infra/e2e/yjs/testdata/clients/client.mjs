// A client: a document, an awareness, and a library that connects them.
import { Awareness, libraries, Y } from './libraries.mjs'
import { Line } from './line.mjs'

const DELAY = 5 // ms for which the text and the traffic wait, to be told once

const hex = bytes => Buffer.from(bytes).toString('hex')

export class Client {
  doc = new Y.Doc()
  awareness = new Awareness(this.doc)
  waiting = new Map()

  // tell is called with each event; beside is a client whose socket is used.
  constructor ({ library, text = 'code', state, origin, undo, ...rest }, beside, tell) {
    this.tell = tell
    this.text = this.doc.getText(text)
    // Keeps what was deleted, so that the state differs from that of others.
    if (undo) this.undos = new Y.UndoManager(this.text, { captureTimeout: 0 })
    if (state !== undefined) this.awareness.setLocalState(state)
    this.line = beside?.line ?? new Line({
      named: libraries[library].name === 'hocuspocus',
      origin,
      emit: tell,
      soon: this.soon,
      complain: message => tell('complaint', { message })
    })
    this.link = libraries[library]({
      ...rest, library, doc: this.doc, awareness: this.awareness, Socket: this.line.Socket, beside: beside?.link
    })
    this.listen()
    this.link.connect()
  }

  listen () {
    this.link.listen(this.tell)
    this.text.observe(() => this.soon('text', () => ({ text: this.text.toString() })))
    this.awareness.on('change', ({ added, updated, removed }, origin) => this.tell('awareness', {
      added, updated, removed, origin: typeof origin === 'string' ? origin : 'remote', states: this.seen()
    }))
  }

  soon = (name, make) => {
    if (this.waiting.has(name)) return
    this.waiting.set(name, setTimeout(() => {
      this.waiting.delete(name)
      this.tell(name, make())
    }, DELAY))
  }

  seen () { return Object.fromEntries(this.awareness.getStates()) }

  // What follows are the commands.
  insert ({ at, text, attributes }) { this.text.insert(at, text, attributes) }
  remove ({ at, n }) { this.text.delete(at, n) }
  format ({ at, n, attributes }) { this.text.format(at, n, attributes) }
  delta () { return this.text.toDelta() }
  set ({ map, key, value }) { this.doc.getMap(map).set(key, value) }
  push ({ array, values }) { this.doc.getArray(array).push(values) }
  map ({ name }) { return this.doc.getMap(name).toJSON() }
  array ({ name }) { return this.doc.getArray(name).toJSON() }
  undo () { this.undos.undo() }
  redo () { this.undos.redo() }
  setState ({ state }) { this.awareness.setLocalState(state) }
  states () { return this.seen() }
  content () { return this.text.toString() }
  state () { return { update: hex(Y.encodeStateAsUpdate(this.doc)), vector: hex(Y.encodeStateVector(this.doc)) } }
  disconnect () { this.link.disconnect() }
  connect () { this.link.connect() }
  kill () { this.line.kill() }

  // crash ends the client as the end of its machine would.
  crash () {
    this.link.giveUp()
    this.line.kill()
  }

  destroy () {
    this.link.destroy()
    this.awareness.destroy()
    this.doc.destroy()
  }
}

export const commands = new Set([
  'insert', 'remove', 'format', 'delta', 'set', 'push', 'map', 'array', 'undo', 'redo', 'setState', 'states', 'content', 'state',
  'disconnect', 'connect', 'kill', 'crash', 'destroy'
])
