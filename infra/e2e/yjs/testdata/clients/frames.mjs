// What a frame of a server says. Clients read the first message of a frame and
// do not mind what follows, so somebody else must.
import * as decoding from 'lib0/decoding'

const bytes = d => decoding.readVarUint8Array(d)
const string = d => decoding.readVarString(d)
const nothing = () => {}

const sync = d => {
  const kind = ['step1', 'step2', 'update'][decoding.readVarUint(d)]
  bytes(d)
  return kind
}
const auth = d => { if (decoding.readVarUint(d) !== 0) string(d) } // 0 asks for the token
const denied = d => { decoding.readVarUint(d); string(d) }

const plain = [['sync', sync], ['awareness', bytes], ['auth', denied], ['query', nothing]]
const named = [
  ['sync', sync], ['awareness', bytes], ['auth', auth], ['query', nothing], ['sync', sync], ['stateless', string],
  ['broadcast', string], ['close', string], ['saved', d => decoding.readVarInt(d)], ['ping', nothing], ['pong', nothing]
]

// read returns the kind of the message in a frame, or throws.
export function read (frame, isNamed) {
  const d = decoding.createDecoder(frame)
  if (isNamed && frame.length > 1) string(d) // a ping has no name
  const type = decoding.readVarUint(d)
  const [name, body] = (isNamed ? named : plain)[type] ?? []
  if (name === undefined) throw new Error(`no client knows a message of type ${type}`)
  const kind = body(d)
  if (name === 'sync' && kind === undefined) throw new Error('no client knows this kind of sync message')
  if (decoding.hasContent(d)) throw new Error(`${frame.length - d.pos} bytes follow after a ${name} message, which clients do not read`)
  return name === 'sync' ? kind : name
}
