// What a room says of itself is true, whatever the server or others do.
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Fake } from './fake.js'
import { reached, until } from './fixture.js'
import { live, peer } from './live.js'

test('A deletion that the server may have lost is not saved', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake, { backoff: { minMs: 1, maxMs: 1 } })
  room.text.insert(0, 'abc')
  await until('the edit', () => server.counted === 2)
  server.saved(2)
  const before = Y.encodeStateAsUpdate(room.doc)
  room.text.delete(1, 1)
  await until('the deletion', () => server.counted === 3)
  server.saved(3)
  await reached(room, 'saved')

  server.socket.terminate()
  const theirs = new Y.Doc()
  Y.applyUpdate(theirs, before) // as of a replica that had not heard of it yet
  const again = await peer(fake, 1)
  again.welcome()
  again.step1(new Uint8Array(Y.encodeStateVector(theirs)))
  again.step2(new Uint8Array(Y.encodeStateAsUpdate(theirs, Y.encodeStateVector(room.doc))))
  await until('the answer', () => again.counted === 1)
  await reached(room, 'saving')
  again.saved(1)
  await reached(room, 'saved')
})

test('Nobody else can say who sits here', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake, { user: { name: 'Ann' } })
  const doc = new Y.Doc()
  doc.clientID = room.doc.clientID
  const other = new Awareness(doc)
  for (let clock = 0; clock < 20; clock++) other.setLocalState({ user: { name: 'Eve' } })
  server.awareness(encodeAwarenessUpdate(other, [doc.clientID]))
  server.room({ type: 'language_changed', language: 'go', user_id: 'x' })
  await until('what was said after it', () => room.language === 'go')
  expect(room.awareness.getLocalState()?.user).toMatchObject({ name: 'Ann' })
  other.destroy()
})

test('Who was cut off comes back to a room that is full of those who were cut off', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake, { backoff: { minMs: 1, maxMs: 1 } })
  room.text.insert(0, 'unsaved')
  server.socket.terminate()
  const refused = await peer(fake, 1)
  refused.socket.close(4429)
  const again = await peer(fake, 2)
  expect(room.status).toBe('offline')
  again.welcome()
  again.step1()
  again.step2()
  await until('the answer', () => again.counted === 1)
  again.saved(1)
  await reached(room, 'saved')
})
