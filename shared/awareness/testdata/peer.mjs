// The other side of yjs_test.go: an Awareness of the real y-protocols, to which
// everything is done that is read from stdin, with the answer on stdout. Every
// frame is its length, 4 bytes, big-endian, and so many bytes.
import { once } from 'node:events'
import * as decoding from '../../crdt/testdata/yjs/node_modules/lib0/decoding.js'
import * as encoding from '../../crdt/testdata/yjs/node_modules/lib0/encoding.js'
import * as protocol from '../../crdt/testdata/yjs/node_modules/y-protocols/awareness.js'
import * as Y from '../../crdt/testdata/yjs/node_modules/yjs/dist/yjs.mjs'

const create = clientID => {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const awareness = new protocol.Awareness(doc)
  clearInterval(awareness._checkInterval) // no time passes here
  return awareness
}

let server // knows of others and says nothing of itself
let client // says something of itself

// Each returns whether the server took something over, and an update.
const actions = [
  function begin (d) {
    server = create(2) // an id that the test does not use
    server.setLocalState(null)
    client = create(decoding.readVarUint(d))
    return [true, protocol.encodeAwarenessUpdate(client, [client.clientID])]
  },
  // An update of one entry; then all that the server knows, by client id.
  function apply (d) {
    const update = decoding.readVarUint8Array(d)
    const id = decoding.readVarUint(decoding.createDecoder(update.subarray(1)))
    const before = server.meta.get(id)
    protocol.applyAwarenessUpdate(server, update, null)
    return [server.meta.get(id) !== before, all()]
  },
  // A removal by the server; then what it tells others.
  function remove (d) {
    const id = decoding.readVarUint(d)
    if (!server.states.has(id)) return [false, all()]
    protocol.removeAwarenessStates(server, [id], null)
    return [true, protocol.encodeAwarenessUpdate(server, [id])]
  },
  function forget (d) {
    const id = decoding.readVarUint(d)
    server.states.delete(id)
    return [server.meta.delete(id), all()]
  },
  // The client changes its state; then what it tells others.
  function say (d) {
    client.setLocalState(JSON.parse(decoding.readVarString(d)))
    return [false, protocol.encodeAwarenessUpdate(client, [client.clientID])]
  }
]

const all = () => protocol.encodeAwarenessUpdate(server, [...server.states.keys()].sort((a, b) => a - b))

async function answer (frame) {
  const d = decoding.createDecoder(frame)
  const [changed, update] = actions[decoding.readVarUint(d)](d)
  const e = encoding.createEncoder()
  encoding.writeUint8(e, changed ? 1 : 0)
  encoding.writeVarUint8Array(e, update)
  const record = encoding.toUint8Array(e)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(record.length)
  process.stdout.write(head)
  if (!process.stdout.write(record)) await once(process.stdout, 'drain')
}

let read = Buffer.alloc(0)
for await (const chunk of process.stdin) {
  read = Buffer.concat([read, chunk])
  while (read.length >= 4 && read.length >= 4 + read.readUInt32BE()) {
    const end = 4 + read.readUInt32BE()
    await answer(new Uint8Array(read.subarray(4, end)))
    read = read.subarray(end)
  }
}
