// Help for who looks for the cause of a difference.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { inspect } from 'node:util'
import * as Y from 'yjs'
import { Mirror, writeList } from './mirror.mjs'
import * as questions from './questions.mjs'
import { writeHeader } from './session.mjs'

// replay gives a mirror these updates, and asks all there is to ask after each.
export function replay (d) {
  const clientID = decoding.readVarUint(d)
  const roots = Array.from({ length: decoding.readVarUint(d) }, () => decoding.readVarString(d))
  const updates = Array.from({ length: decoding.readVarUint(d) }, () => decoding.readVarUint8Array(d))
  const mirror = new Mirror(clientID, roots, 'map')
  writeHeader(mirror, { roots, late: false })
  try {
    updates.forEach((update, i) => {
      mirror.apply(update)
      mirror.note()
      ask(mirror, i === updates.length - 1)
      mirror.ends()
    })
  } catch (err) {
    return mirror.end(err.stack)
  }
  return mirror.end('')
}

const MOST = 300 // questions of a kind

function ask (mirror, last) {
  const { doc, record, texts } = mirror
  const upTo = n => Array.from({ length: Math.min(MOST, n) + 1 }, (_, i) => i)
  const positions = texts.flatMap((type, text) => upTo(type.length).flatMap(index => [0, -1].map(assoc => (
    { text, index, assoc, position: Y.createRelativePositionFromTypeIndex(type, index, assoc) })))).slice(0, MOST)
  const clocks = [...doc.store.clients.keys()].flatMap(client => upTo(Y.getState(doc.store, client)).map(clock => [client, clock]))
  const svs = last ? clocks.map(clock => questions.encodeStateVector([clock])).slice(0, MOST) : []
  const ids = clocks.map(([client, clock]) => new Y.RelativePosition(null, null, Y.createID(client, clock), clock % 2 ? -1 : 0)).slice(0, MOST)
  writeList(record, positions, position => questions.writePosition(record, texts, position))
  writeList(record, ids, position => questions.writeResolved(record, doc, position))
  writeList(record, svs, sv => questions.writeDifference(record, doc, sv))
  writeList(record, [], () => {})
  writeList(record, [], () => {})
}

// smaller returns updates that are what this one is without some of it: the
// last structs of a client, or some deletions.
export function smaller (update) {
  const list = []
  const { structs, ds } = Y.decodeUpdate(update)
  const ranges = [...ds.clients].flatMap(([client, ranges]) => ranges.map(range => ({ client, ...range })))
  for (const some of fewer(ranges)) list.push(encodeUpdate(structs, some))
  for (const client of new Set(structs.map(struct => struct.id.client))) {
    const own = structs.filter(struct => struct.id.client === client)
    for (let kept = 0; kept < own.length; kept += Math.ceil((own.length - kept) / 2)) {
      list.push(encodeUpdate(structs.filter(struct => struct.id.client !== client || own.indexOf(struct) < kept), ranges))
    }
  }
  const e = encoding.createEncoder()
  writeList(e, list, update => encoding.writeVarUint8Array(e, update))
  return encoding.toUint8Array(e)
}

// fewer leaves out halves, quarters and so on of a list, down to single elements.
function * fewer (list) {
  for (let size = list.length; size > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < list.length; at += size) yield [...list.slice(0, at), ...list.slice(at + size)]
  }
}

function encodeUpdate (structs, ranges) {
  const encoder = new Y.UpdateEncoderV1()
  const e = encoder.restEncoder
  writeByClient(e, structs, struct => struct.id.client, (client, own) => {
    encoding.writeVarUint(e, own.length)
    encoding.writeVarUint(e, client)
    encoding.writeVarUint(e, own[0].id.clock)
    for (const struct of own) struct.write(encoder, 0)
  })
  writeByClient(e, ranges, range => range.client, (client, own) => {
    encoding.writeVarUint(e, client)
    writeList(e, own, ({ clock, len }) => {
      encoding.writeVarUint(e, clock)
      encoding.writeVarUint(e, len)
    })
  })
  return encoder.toUint8Array()
}

function writeByClient (e, list, clientOf, write) {
  writeList(e, [...new Set(list.map(clientOf))], client => write(client, list.filter(x => clientOf(x) === client)))
}

// explain spells an update out, if it is one.
export function explain (update) {
  let text
  try {
    text = spell(update)
  } catch (err) {
    text = err.message
  }
  return new TextEncoder().encode(text)
}

function spell (update) {
  const { structs, ds } = Y.decodeUpdate(update)
  const id = ({ client, clock }) => `${client}:${clock}`
  const lines = structs.map(struct => {
    const what = `${id(struct.id)}+${struct.length} ${struct.constructor.name}`
    if (!(struct instanceof Y.Item)) return what
    const { origin, rightOrigin, parent, parentSub, content } = struct
    const parts = [what.replace(/Item$/, content.constructor.name), inspect(contentOf(content), { breakLength: Infinity, depth: 3 })]
    if (origin) parts.push('origin ' + id(origin))
    if (rightOrigin) parts.push('right origin ' + id(rightOrigin))
    if (parent) parts.push('in ' + (typeof parent === 'string' ? JSON.stringify(parent) : id(parent)))
    if (parentSub !== null) parts.push('at ' + JSON.stringify(parentSub))
    return parts.join(', ')
  })
  ds.clients.forEach((ranges, client) => lines.push('deletes ' + ranges.map(({ clock, len }) => `${client}:${clock}+${len}`).join(' ')))
  return lines.join('\n')
}

function contentOf (content) {
  if (content instanceof Y.ContentType) return content.type.constructor.name
  if (content instanceof Y.ContentDeleted) return ''
  if (content instanceof Y.ContentDoc) return content.doc.guid
  return Object.values(content)
}
