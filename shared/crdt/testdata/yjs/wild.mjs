// Updates that no client makes, but that are well formed: structs with any
// origins and parents that exist, and delete sets that reach anywhere.
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import * as v from './values.mjs'

const { writeVarUint, writeVarString, writeUint8 } = encoding

// wild makes an update of an author who has no document; clocks holds how far each author got.
export function wild (gen, mirror, clocks) {
  const e = encoding.createEncoder()
  if (v.chance(gen, 0.25)) {
    writeVarUint(e, 0)
  } else {
    const author = v.oneOf(gen, [...clocks.keys()])
    const structs = 1 + v.upTo(gen, 2)
    writeVarUint(e, 1)
    writeVarUint(e, structs)
    writeVarUint(e, author)
    writeVarUint(e, clocks.get(author))
    for (let i = 0; i < structs; i++) {
      const known = ids(gen, mirror, author, clocks.get(author))
      clocks.set(author, clocks.get(author) + writeStruct(gen, e, known))
    }
  }
  writeDeletes(gen, e, mirror)
  return encoding.toUint8Array(e)
}

// ids returns a function that picks the id of something that the mirror knows, or of the author before.
function ids (gen, mirror, author, clock) {
  const clients = [...mirror.store.clients.keys()].filter(client => client !== author)
  if (clock > 0) clients.push(author)
  return clients.length === 0
    ? () => null
    : () => {
        const client = v.oneOf(gen, clients)
        return Y.createID(client, v.upTo(gen, (client === author ? clock : Y.getState(mirror.store, client)) - 1))
      }
}

const writeID = (e, id) => { writeVarUint(e, id.client); writeVarUint(e, id.clock) }

// writeStruct returns its length.
function writeStruct (gen, e, known) {
  if (v.chance(gen, 0.05)) {
    writeUint8(e, 0)
    writeVarUint(e, 2)
    return 2
  }
  const origin = v.chance(gen, 0.6) ? known() : null
  let rightOrigin = v.chance(gen, 0.6) ? known() : null
  // In one item, right before left, is where what yjs does depends on how its items happen to be cut.
  if (origin?.client === rightOrigin?.client && origin?.clock >= rightOrigin?.clock) rightOrigin = null
  const sub = origin === null && rightOrigin === null && v.chance(gen, 0.4)
  const kind = +v.weighted(gen, { 1: 1, 3: 0.3, 4: 8, 5: 0.5, 6: 1, 7: 1.5, 8: 2 })
  writeUint8(e, kind | (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) | (sub ? 0x20 : 0))
  if (origin) writeID(e, origin)
  if (rightOrigin) writeID(e, rightOrigin)
  if (!origin && !rightOrigin) {
    const parent = v.chance(gen, 0.5) ? known() : null
    writeVarUint(e, parent ? 0 : 1)
    parent ? writeID(e, parent) : writeVarString(e, v.oneOf(gen, [...mirrorRoots, 'elsewhere']))
    if (sub) writeVarString(e, v.oneOf(gen, v.KEYS))
  }
  return writeContent(gen, e, kind)
}

const mirrorRoots = ['text', 'map', 'array', 'xml']

function writeContent (gen, e, kind) {
  switch (kind) {
    case 1: writeVarUint(e, 3); return 3
    case 3: encoding.writeVarUint8Array(e, v.bytes(gen)); return 1
    case 4: {
      const s = v.text(gen)
      writeVarString(e, s)
      return s.length
    }
    case 5: writeVarString(e, JSON.stringify(v.plain(gen))); return 1
    case 6: writeVarString(e, 'bold'); writeVarString(e, v.oneOf(gen, ['true', 'null'])); return 1
    case 7: writeVarUint(e, v.oneOf(gen, [0, 1, 2, 4, 6])); return 1
    default:
      writeVarUint(e, 2)
      encoding.writeAny(e, v.any(gen))
      encoding.writeAny(e, v.any(gen))
      return 2
  }
}

function writeDeletes (gen, e, mirror) {
  const clients = v.chance(gen, 0.5) ? [] : v.shuffled(gen, [...mirror.store.clients.keys(), 77]).slice(0, 1 + v.upTo(gen, 2))
  writeVarUint(e, clients.length)
  for (const client of clients) {
    const ranges = 1 + v.upTo(gen, 2)
    writeVarUint(e, client)
    writeVarUint(e, ranges)
    let clock = v.upTo(gen, Y.getState(mirror.store, client) + 2)
    for (let i = 0; i < ranges; i++) { // in order: yjs garbles others when it sets them aside
      const length = 1 + v.upTo(gen, 4)
      writeVarUint(e, clock)
      writeVarUint(e, length)
      clock += length + 1 + v.upTo(gen, 2)
    }
  }
}
