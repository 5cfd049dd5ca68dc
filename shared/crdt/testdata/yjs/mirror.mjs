// The document that a server would hold, and the record of what it is after every step.
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import * as v from './values.mjs'

export const STEP = { end: 0, apply: 1, edit: 2, reload: 3 }
const { writeVarUint, writeVarString, writeVarUint8Array } = encoding

// A Mirror is a document whose every step is written down, for
// yjs_record_test.go to read.
export class Mirror {
  constructor (clientID, roots, map) {
    this.clientID = clientID
    this.roots = roots
    this.map = map
    this.record = encoding.createEncoder()
    this.complete = 0 // bytes of the record: what comes after is of a step that has not ended
    this.open()
  }

  open () {
    this.doc = new Y.Doc()
    this.doc.clientID = this.clientID
    this.texts = this.roots.map(name => this.doc.getText(name))
    this.doc.getMap(this.map)
    this.made = new Uint8Array() // by the last transaction
    this.deltas = null
    this.doc.on('update', update => { this.made = update })
    this.doc.on('afterTransaction', tr => {
      tr._needFormattingCleanup = false // clients do it: a server that does it too makes edits of its own
      this.deltas ??= this.texts.map(text => delta(text, tr)) // of the first: another follows where a subdocument goes
    })
  }

  // begin forgets what the step before has made: a step may make nothing.
  begin () {
    this.made = new Uint8Array()
    this.deltas = null
  }

  apply (update) {
    this.begin()
    writeVarUint(this.record, STEP.apply)
    writeVarUint8Array(this.record, update)
    Y.applyUpdate(this.doc, update)
  }

  // edit makes local edits of the first root.
  edit (ops) {
    this.begin()
    writeVarUint(this.record, STEP.edit)
    writeVarUint(this.record, ops.length)
    for (const op of ops) writeEdit(this.record, op)
    this.doc.transact(() => { for (const op of ops) op.run(this.texts[0]) })
    writeVarUint8Array(this.record, this.made)
    return this.made
  }

  // reload goes on with a document that was stored and loaded, under a new id:
  // the old one may have made more than what was stored.
  reload (clientID) {
    const state = Y.encodeStateAsUpdate(this.doc)
    this.doc.destroy()
    this.clientID = clientID
    this.open()
    this.begin()
    writeVarUint(this.record, STEP.reload)
    writeVarUint(this.record, clientID)
    Y.applyUpdate(this.doc, state)
  }

  // note writes down what the document is now.
  note () {
    const { doc, record } = this
    writeVarUint8Array(record, Y.encodeStateAsUpdate(doc))
    writeVarUint8Array(record, Y.encodeStateVector(doc))
    writeVarUint(record, doc.store.pendingStructs !== null || doc.store.pendingDs !== null ? 1 : 0)
    this.texts.forEach((text, i) => {
      writeVarString(record, text.toString())
      writeVarUint(record, text.length)
      writeDelta(record, this.deltas?.[i] ?? [])
    })
    const map = doc.getMap(this.map)
    writeList(record, [...map.keys()], key => {
      const value = map._map.get(key).content instanceof Y.ContentAny ? map.get(key) : null
      writeVarString(record, key)
      writeVarString(record, typeof value === 'string' ? value : '')
    })
  }

  // ends says that a step, or the header, is all written.
  ends () { this.complete = encoding.length(this.record) }

  // end returns the record; reason is why it stops early.
  end (reason) {
    const e = encoding.createEncoder()
    encoding.writeUint8Array(e, encoding.toUint8Array(this.record).subarray(0, this.complete))
    writeVarUint(e, STEP.end)
    writeVarString(e, reason)
    return encoding.toUint8Array(e)
  }
}

export function writeList (e, list, write) {
  writeVarUint(e, list.length)
  list.forEach(write)
}

// delta is what a transaction did to a text: as event.delta has it, but without
// attributes. Reading event.delta itself would delete formats.
function delta (text, tr) {
  const ops = []
  const add = (kind, n, s) => {
    const last = ops[ops.length - 1]
    if (last?.kind === kind) {
      last.n += n
      last.s += s
    } else ops.push({ kind, n, s })
  }
  for (let item = text._start; item !== null; item = item.right) {
    if (!item.countable) continue
    const added = item.id.clock >= (tr.beforeState.get(item.id.client) || 0)
    const deleted = Y.isDeleted(tr.deleteSet, item.id)
    const isText = item.content instanceof Y.ContentString
    if (added && !item.deleted) isText ? add('insert', item.length, item.content.str) : add('embeds', item.length, '')
    else if (!added && deleted) add('delete', item.length, '')
    else if (!item.deleted) add('retain', item.length, '')
  }
  if (ops[ops.length - 1]?.kind === 'retain') ops.pop()
  return ops
}

const DELTA = { retain: 1, delete: 2, insert: 3, embeds: 4 }

function writeDelta (e, ops) {
  writeList(e, ops, op => {
    writeVarUint(e, DELTA[op.kind])
    op.kind === 'insert' ? writeVarString(e, op.s) : writeVarUint(e, op.n)
  })
}

const EDIT = { insert: 1, delete: 2, delta: 3 }

function writeEdit (e, op) {
  writeVarUint(e, EDIT[op.kind])
  if (op.kind === 'delta') return writeDelta(e, op.ops)
  writeVarUint(e, op.at)
  op.kind === 'insert' ? writeVarString(e, op.s) : writeVarUint(e, op.n)
}

// randomEdit is an edit of a text that has length units by now, of the kinds that our servers make.
export function randomEdit (gen, length, { crowd, style }) {
  style = style === 'halves' ? 'any' : style // a Go string has no halves
  const at = Math.min(length, v.upTo(gen, v.chance(gen, 0.5) ? length : Math.min(crowd, length)))
  const n = Math.min(length - at, v.upTo(gen, 6))
  const s = v.chance(gen, 0.03) ? '' : v.text(gen, style)
  switch (v.upTo(gen, 4)) {
    case 0: case 1: return { kind: 'insert', at, s, grows: s.length, run: text => text.insert(at, s) }
    case 2: return { kind: 'delete', at, n, grows: -n, run: text => text.delete(at, n) }
    default: return randomDelta(gen, length, style)
  }
}

function randomDelta (gen, length, style) {
  const ops = []
  let left = length
  let grows = 0
  do {
    const n = 1 + v.upTo(gen, 5)
    const kind = v.oneOf(gen, ['retain', 'insert', 'delete'])
    const s = kind === 'insert' ? v.text(gen, style) : ''
    if (kind !== 'insert' && n > left) continue
    ops.push({ kind, n, s })
    if (kind !== 'insert') left -= n
    grows += kind === 'delete' ? -n : s.length
  } while (v.chance(gen, 0.7))
  const yjs = joined(ops).map(op => ({ [op.kind]: op.kind === 'insert' ? op.s : op.n }))
  return { kind: 'delta', ops, grows, run: text => text.applyDelta(yjs) }
}

// joined leaves out the ends of retains at which nothing is done. If one is in
// the middle of a character, yjs splits that, but only here: others would not see it.
function joined (ops) {
  const list = []
  for (const op of ops.slice(0, ops.findLastIndex(op => op.kind !== 'retain') + 1)) {
    const last = list[list.length - 1]
    if (op.kind === 'retain' && last?.kind === 'retain') last.n += op.n
    else list.push({ ...op })
  }
  return list
}
