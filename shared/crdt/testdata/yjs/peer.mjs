// The other side of yjs_test.go: answers what it reads from stdin on stdout.
// Every frame is its length, 4 bytes, big-endian, and so many bytes.
import * as decoding from 'lib0/decoding'
import { once } from 'node:events'
import { explain, replay, smaller } from './replay.mjs'
import { run } from './session.mjs'

const answers = [
  d => run(decoding.readVarUint(d)),
  d => replay(d),
  d => explain(decoding.readVarUint8Array(d)),
  d => smaller(decoding.readVarUint8Array(d))
]

async function answer (frame) {
  const d = decoding.createDecoder(frame)
  const record = answers[decoding.readVarUint(d)](d)
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
