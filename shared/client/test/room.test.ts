// Rooms against a server that a test makes say what it wants.
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { TuttiError } from '../src/index.js'
import { Fake, type Peer } from './fake.js'
import { live, peer } from './live.js'
import { freePort } from './process.js'
import { join, reached, statuses, until } from './fixture.js'

test('The first message is hello, the second the question what is lacking', async () => {
  const fake = await Fake.start()
  join(fake.url)
  const server = await peer(fake)
  expect(server.heard[0]).toEqual({ type: 'room', message: { type: 'hello', features: ['saved'] } })
  expect(server.heard[1]?.type).toBe('step1')
})

test('Statuses: connecting, live, saving while something sent is not saved, saved', async () => {
  const fake = await Fake.start()
  const room = join(fake.url)
  const seen = statuses(room)
  const server = await peer(fake)
  server.step1()
  server.welcome()
  server.step2()
  await room.synced
  server.saved(1)
  room.text.insert(0, 'a')
  room.text.insert(1, 'b')
  expect(room.unsaved).toBe(true)
  await until('the edits', () => server.counted === 3)
  server.saved(2) // the answer and the first edit
  server.room({ type: 'later', version: 2 }) // a message that is not known
  room.setLanguage('go')
  await until('the language', () => server.of('room').length === 2)
  expect(room.status).toBe('saving')
  server.saved(3)
  await reached(room, 'saved')
  expect(room.unsaved).toBe(false)
  expect(seen).toEqual(['connecting', 'live', 'saving', 'saved'])
})

test('A server that never says saved leaves it live', async () => {
  const fake = await Fake.start()
  const room = join(fake.url)
  const server = await peer(fake)
  server.step1()
  server.step2()
  await room.synced
  room.text.insert(0, 'a')
  await until('the edit', () => server.text === 'a')
  expect(room.status).toBe('live')
  expect(room.unsaved).toBe(false)
})

test('What is typed between open and the question of the server is only in the answer', async () => {
  const fake = await Fake.start()
  const room = join(fake.url)
  const server = await peer(fake)
  room.text.insert(0, 'early')
  expect(room.unsaved).toBe(true)
  server.welcome()
  server.step1()
  server.step2()
  await reached(room, 'saving')
  room.text.insert(5, '!')
  await until('all of it', () => server.text === 'early!')
  expect(server.of('update')).toHaveLength(1)
  server.saved(1)
  server.awareness(new Uint8Array([0]))
  server.saved(2)
  await reached(room, 'saved')
})

test('A document with text in it is merged, and counts as typed here', async () => {
  const fake = await Fake.start()
  const doc = new Y.Doc()
  doc.getText('code').insert(0, 'mine')
  const room = join(fake.url, { doc })
  expect(room.unsaved).toBe(true)
  const server = await peer(fake)
  server.welcome()
  server.step1()
  server.step2()
  await until('the answer', () => server.text === 'mine')
  server.saved(1)
  await reached(room, 'saved')
})

test('Text of others that the server has lost is saving until it has it again', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  const other = new Y.Doc()
  other.getText('code').insert(0, 'theirs')
  server.sync(2, Y.encodeStateAsUpdate(other))
  await until('the text', () => room.text.length === 6)
  expect(room.status).toBe('live')
  server.socket.terminate()
  const next = await peer(fake, 1)
  next.welcome()
  next.step1()
  next.step2()
  await reached(room, 'saving')
  expect(next.text).toBe('theirs')
  next.saved(1)
  await reached(room, 'live')
})

test('An edit whose confirmation was lost is sent again, and saved then', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  room.text.insert(0, 'a')
  await until('the edit', () => server.counted === 2)
  server.socket.terminate()
  await reached(room, 'offline')
  room.text.insert(1, 'b')
  expect(room.unsaved).toBe(true)
  const next = await peer(fake, 1)
  next.welcome()
  next.saved(5) // of no meaning before it has the answer
  next.step2()
  await reached(room, 'saving')
  next.step1()
  await until('the answer', () => next.text === 'ab')
  next.saved(1)
  await reached(room, 'saved')
})

test('A question in the middle is answered, and counted', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  room.text.insert(0, 'a')
  server.step1()
  await until('another answer', () => server.of('step2').length === 2)
  server.saved(2)
  room.text.insert(1, 'b')
  await until('the edit', () => server.counted === 4)
  expect(room.status).toBe('saving')
  server.saved(4)
  await reached(room, 'saved')
})

test.each([
  [4004, 'not-found'], [4404, 'not-found'], [4005, 'full'], [4429, 'full'], [4003, 'forbidden'], [4403, 'forbidden'],
  [4413, 'too-large'], [1009, 'too-large'], [4400, 'refused'], [4099, 'refused'], [4499, 'refused']
] as const)('Close code %i is final: %s', async (code, reason) => {
  const fake = await Fake.start()
  const room = join(fake.url)
  const errors: TuttiError[] = []
  room.on('error', error => errors.push(error))
  const server = await peer(fake)
  server.socket.close(code)
  await expect(room.synced).rejects.toMatchObject({ name: 'TuttiError', code: reason, status: code })
  expect(room.status).toBe('gone')
  expect(room.goneReason).toBe(reason)
  expect(errors).toMatchObject([{ code: reason }])
  room.text.insert(0, 'still mine')
  expect(room.text.toString()).toBe('still mine')
  expect(room.unsaved).toBe(true)
})

test.each([1000, 1001, 1011, 1013, 4100, 4399, 4500])('Close code %i is none to stay away for', async code => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  server.socket.close(code)
  await reached(room, 'offline')
  const next = await peer(fake, 1)
  next.step2()
  await reached(room, 'live')
})

test('A restart says when to come back', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake, { backoff: { minMs: 1e7, maxMs: 1e7 } })
  const began = performance.now()
  server.socket.close(1012, '{"retry_ms":150}')
  await peer(fake, 1)
  expect(performance.now() - began).toBeGreaterThan(140)
  expect(room.status).toBe('offline')
})

test.each(['', '{', 'null', '{"retry_ms":-1}', '{"retry_ms":"1"}'])('A restart with the reason %j is like any other end', async reason => {
  const fake = await Fake.start()
  const { server } = await live(fake)
  server.socket.close(1012, reason)
  await peer(fake, 1)
})

test.each<[string, (server: Peer) => void]>([
  ['text', server => server.socket.send('hello')],
  ['nothing', server => server.socket.send(new Uint8Array(0))],
  ['a frame that ends too early', server => server.socket.send(new Uint8Array([0, 1, 200]))],
  ['an unknown sync message', server => server.sync(7, new Uint8Array(0))],
  ['an update of garbage', server => server.sync(2, new Uint8Array([255, 255, 255]))],
  ['awareness of garbage', server => server.awareness(new Uint8Array([9, 9, 9]))],
  ['a room message that is no JSON', server => server.send(100, e => { e.cpos = 0; e.cbuf[e.cpos++] = 100; e.cbuf[e.cpos++] = 1; e.cbuf[e.cpos++] = 123 })],
  ['a room message of the wrong form', server => server.room({ type: 'saved', updates: 'many' })]
])('A frame that cannot be read ends the connection: %s', async (_, send) => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  room.text.insert(0, 'kept')
  const told = new Promise<TuttiError>(resolve => room.once('error', resolve))
  send(server)
  expect(await told).toMatchObject({ code: 'unreadable' })
  const next = await peer(fake, 1)
  expect(server.closed?.code).toBe(4400)
  next.step1()
  await until('the text', () => next.text === 'kept')
})

test('Messages of unknown types are passed over', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  server.send(42, () => {})
  server.room({ type: 'news', of: 'tomorrow' })
  server.room({ type: 'language_changed', language: 'rust', user_id: 'x' })
  await until('the language', () => room.language === 'rust')
  expect(fake.peers).toHaveLength(1)
})

test('A connection that is given up is not heard any more', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  server.socket.send('garbage') // given up by this
  const other = new Y.Doc()
  other.getText('code').insert(0, 'late')
  server.sync(2, Y.encodeStateAsUpdate(other))
  server.socket.close(4404)
  const next = await peer(fake, 1)
  next.step2()
  await reached(room, 'live')
  expect(room.text.toString()).toBe('')
  expect(room.goneReason).toBeNull()
})

test('Others are seen again after a connection was lost, whatever their clocks say', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  const other = new Awareness(new Y.Doc())
  other.setLocalState({ user: { name: 'Ada' } })
  const said = encodeAwarenessUpdate(other, [other.clientID])
  other.destroy()
  const seen = (): unknown => room.awareness.getStates().get(other.clientID)
  server.awareness(said)
  await until('Ada', () => seen() !== undefined)
  server.socket.terminate()
  await until('nobody', () => seen() === undefined)
  ;(await peer(fake, 1)).awareness(said)
  await until('Ada again', () => seen() !== undefined)
})

test('The own state has a new clock on each connection', async () => {
  const fake = await Fake.start()
  const room = join(fake.url, { user: { name: 'Bo', color: '#123456' } })
  const own = async (n: number): Promise<{ clock: number, state: unknown }> => {
    const server = await peer(fake, n)
    await until('a state', () => server.of('awareness').length > 0)
    const [entry] = server.of('awareness')[0]?.entries ?? []
    expect(entry).toMatchObject({ client: room.doc.clientID, state: { user: { name: 'Bo', color: '#123456', colorLight: '#12345633' } } })
    return entry as { clock: number, state: unknown }
  }
  const first = await own(0)
  fake.peers[0]?.socket.terminate()
  expect((await own(1)).clock).toBeGreaterThan(first.clock)
})

test('Who has no colour gets that of the server, and keeps it', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake, { user: { name: 'Bo' } })
  const color = (): unknown => (room.awareness.getLocalState()?.user as { color: string } | undefined)?.color
  expect(color()).toBe('#C72626')
  await until('it is said', () => server.of('awareness').some(a => (a.entries[0]?.state as { user?: { color: string } })?.user?.color === '#C72626'))
  room.setUser({ name: 'Bo', color: 'teal' })
  expect(room.awareness.getLocalState()?.user).toEqual({ name: 'Bo', color: 'teal', colorLight: 'color-mix(in srgb, teal 20%, transparent)' })
  server.welcome({ your_color: '#1C978F' })
  server.room({ type: 'language_changed', language: 'x', user_id: 'y' })
  await until('the language', () => room.language === 'x')
  expect(color()).toBe('teal')
})

test('Before the server has chosen a colour none is said: it would be taken from somebody else', async () => {
  const fake = await Fake.start()
  const room = join(fake.url, { user: { name: 'Bo' } })
  await peer(fake)
  expect(room.awareness.getLocalState()?.user).toEqual({ name: 'Bo' })
})

test('With a server that chooses no colours one is chosen here', async () => {
  const fake = await Fake.start()
  const room = join(fake.url, { user: { name: 'Bo' } })
  const server = await peer(fake)
  server.step1()
  server.step2()
  await room.synced
  expect((room.awareness.getLocalState()?.user as { color?: string } | undefined)?.color).toMatch(/^#/)
})

test('A language chosen offline is said when there is a connection', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  expect(room.language).toBe('python')
  server.socket.terminate()
  await reached(room, 'offline')
  room.setLanguage('go')
  expect(room.language).toBe('go')
  const next = await peer(fake, 1)
  next.welcome({ language: 'python' })
  await until('the choice', () => next.of('room').some(m => m.message.language === 'go'))
  expect(room.language).toBe('go')
  next.room({ type: 'language_changed', language: 'go', user_id: 'me' })
  next.room({ type: 'language_changed', language: 'rust', user_id: 'other' })
  await until('the other', () => room.language === 'rust')
  expect(() => room.setLanguage('No Such')).toThrow(RangeError)
})

test('A language that the server refuses is not the language', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  const told = new Promise<TuttiError>(resolve => room.once('error', resolve))
  room.setLanguage('go')
  server.room({ type: 'error', code: 'rate', message: 'too often' })
  expect(await told).toMatchObject({ code: 'rate', message: 'too often' })
  expect(room.language).toBe('python')
  expect(fake.peers).toHaveLength(1)
})

test('Leaving sends what was not sent, and says that nobody sits here', async () => {
  const fake = await Fake.start()
  const room = join(fake.url)
  const server = await peer(fake)
  room.text.insert(0, 'early')
  room.close()
  await until('the end', () => server.closed !== null)
  expect(server.closed?.code).toBe(1000)
  expect(server.text).toBe('early')
  expect(server.of('awareness').at(-1)?.entries).toMatchObject([{ client: room.doc.clientID, state: null }])
  expect([room.status, room.goneReason]).toEqual(['gone', 'closed'])
  await expect(room.synced).rejects.toMatchObject({ code: 'closed' })
  room.text.insert(5, '!')
  expect(room.text.toString()).toBe('early!')
})

test('Leaving while it connects ends that', async () => {
  const fake = await Fake.start()
  const room = join(fake.url)
  room.close()
  room.close()
  await live(fake) // one that came later has long come
  expect(fake.peers.every(({ closed, heard }, i) => i === fake.peers.length - 1 || closed !== null || heard.length === 0)).toBe(true)
  expect([room.status, room.goneReason]).toEqual(['gone', 'closed'])
})

test('Leaving from within a listener is leaving', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  const seen = statuses(room)
  room.text.observe(() => room.close())
  const other = new Y.Doc()
  other.getText('code').insert(0, 'x')
  server.sync(1, Y.encodeStateAsUpdate(other))
  await until('the end', () => server.closed !== null)
  expect(seen).toEqual(['live', 'gone'])
})

test('Destroying the document is leaving', async () => {
  const fake = await Fake.start()
  const { room, server } = await live(fake)
  room.doc.destroy()
  await until('the end', () => server.closed !== null)
  expect(room.goneReason).toBe('closed')
})

test('With no server it is offline, and in sync when there is one', async () => {
  const port = await freePort()
  const room = join(`ws://127.0.0.1:${port}/yjs/a`)
  const seen = statuses(room)
  await reached(room, 'offline')
  room.text.insert(0, 'a')
  expect(room.unsaved).toBe(true)
  const fake = await Fake.start(port)
  const server = await peer(fake)
  server.welcome()
  server.step1()
  server.step2()
  await until('the text', () => server.text === 'a')
  server.saved(1)
  await reached(room, 'saved')
  expect(seen).toEqual(['connecting', 'offline', 'saving', 'saved'])
})

test('A socket that cannot be made is told of, and tried again', async () => {
  let attempts = 0
  const room = join('ws://127.0.0.1:1/yjs/a', { WebSocket: class { constructor () { attempts++; throw new Error('forbidden here') } } as never })
  const told = new Promise<TuttiError>(resolve => room.once('error', resolve))
  expect(await told).toMatchObject({ code: 'network' })
  expect(room.status).toBe('offline')
  await until('another attempt', () => attempts > 1)
})
