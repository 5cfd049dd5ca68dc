// What else is asked after a step: differences, positions, and what needs no document.
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { writeList } from './mirror.mjs'
import * as v from './values.mjs'

const { writeVarUint, writeVarString, writeVarUint8Array } = encoding
const KEPT = 40 // positions

// Questions writes random questions and the answers of yjs into the record.
export class Questions {
  constructor (gen, session) {
    this.gen = gen
    this.session = session
    this.positions = []
  }

  ask () {
    const { gen, session: { mirror: { record, doc, texts } } } = this
    writeList(record, this.some(0.4), () => writePosition(record, texts, this.newPosition()))
    writeList(record, this.positions.length > 0 ? this.some(0.5) : [], () => writeResolved(record, doc, v.oneOf(gen, this.positions)))
    writeList(record, this.some(0.3), () => writeDifference(record, doc, stateVector(gen, doc)))
    v.chance(gen, 0.15) ? this.merge() : writeList(record, [], () => {})
    writeList(record, v.chance(gen, 0.15) ? [0] : [], () => this.cut())
  }

  some (probability) {
    const list = []
    while (v.chance(this.gen, probability)) list.push(0)
    return list
  }

  // newPosition also keeps a position of a client: in a place that the mirror may not know.
  newPosition () {
    const { gen, positions, session: { clients, mirror: { texts } } } = this
    const assoc = v.oneOf(gen, [0, 0, -1, -1, 1, -2])
    const text = v.upTo(gen, texts.length - 1)
    const index = v.upTo(gen, texts[text].length)
    const foreign = lists(v.oneOf(gen, clients).doc)
    if (foreign.length > 0) {
      const list = v.oneOf(gen, foreign)
      positions.push(Y.createRelativePositionFromTypeIndex(list, v.upTo(gen, list._length), assoc))
    }
    const position = Y.createRelativePositionFromTypeIndex(texts[text], index, assoc)
    positions.push(position)
    while (positions.length > KEPT) positions.splice(v.upTo(gen, KEPT), 1)
    return { text, index, assoc, position }
  }

  updates () {
    const { gen, session: { log, clients } } = this
    const list = []
    do list.push(log.length > 0 && v.chance(gen, 0.8) ? v.oneOf(gen, log) : Y.encodeStateAsUpdate(v.oneOf(gen, clients).doc))
    while (v.chance(gen, 0.65))
    return list
  }

  merge () {
    const { record } = this.session.mirror
    const updates = this.updates()
    writeList(record, isAmbiguous(updates) ? [] : [0], () => {
      writeList(record, updates, update => writeVarUint8Array(record, update))
      writeVarUint8Array(record, Y.mergeUpdates(updates))
    })
  }

  cut () {
    const { record, doc } = this.session.mirror
    const update = Y.mergeUpdates(this.updates())
    const sv = stateVector(this.gen, doc)
    writeVarUint8Array(record, update)
    writeVarUint8Array(record, sv)
    writeVarUint8Array(record, Y.diffUpdate(update, sv))
    writeVarUint8Array(record, Y.encodeStateVectorFromUpdate(update))
  }
}

// isAmbiguous says whether a struct is in one update as garbage and in another
// as it was before. Which of them a union has is by chance: yjs sorts them with
// a comparison that puts each before the other.
function isAmbiguous (updates) {
  const kinds = new Map()
  return updates.some(update => Y.decodeUpdate(update).structs.some(({ id, constructor }) => {
    if (constructor === Y.Skip) return false
    const key = `${id.client}:${id.clock}`
    if (!kinds.has(key)) kinds.set(key, constructor)
    return kinds.get(key) !== constructor
  }))
}

export function writePosition (e, texts, { text, index, assoc, position }) {
  writeVarUint(e, text)
  writeVarUint(e, index)
  writeVarUint(e, assoc + 8)
  writeVarUint8Array(e, Y.encodeRelativePosition(position))
  writeVarString(e, JSON.stringify(position))
}

export function writeResolved (e, doc, position) {
  const found = Y.createAbsolutePositionFromRelativePosition(position, doc)
  writeVarUint8Array(e, Y.encodeRelativePosition(position))
  writeVarString(e, JSON.stringify(position))
  writeVarUint(e, found === null ? 0 : found.index + 1)
}

export function writeDifference (e, doc, sv) {
  writeVarUint8Array(e, sv)
  writeVarUint8Array(e, Y.encodeStateAsUpdate(doc, sv))
}

// lists returns what has positions: the roots of a document and what is in them.
function lists (doc) {
  const found = []
  doc.share.forEach(type => {
    if (type instanceof Y.Map) return
    found.push(type)
    for (let item = type._start; item !== null; item = item.right) {
      if (!item.deleted && item.content instanceof Y.ContentType && !(item.content.type instanceof Y.Map)) found.push(item.content.type)
    }
  })
  return found
}

// stateVector is of somebody who knows any part of a document, or more.
export function stateVector (gen, doc) {
  const clocks = [...doc.store.clients.keys()].map(client => [client, v.upTo(gen, Y.getState(doc.store, client) + (v.chance(gen, 0.1) ? 2 : 0))])
  if (v.chance(gen, 0.1)) clocks.push([424242, 7])
  const known = v.shuffled(gen, clocks).filter(() => v.chance(gen, 0.8))
  return encodeStateVector(known)
}

export function encodeStateVector (clocks) {
  const e = encoding.createEncoder()
  writeVarUint(e, clocks.length)
  for (const [client, clock] of clocks) {
    writeVarUint(e, client)
    writeVarUint(e, clock)
  }
  return encoding.toUint8Array(e)
}
