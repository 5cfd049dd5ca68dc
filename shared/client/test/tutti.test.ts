// Rooms against real Tutti processes: two relays behind one port, and Redis.
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { createRoom, roomExists, TuttiError, type CreateOptions, type Room } from '../src/index.js'
import { converged, join, reached, statuses, until, useTutti } from './fixture.js'
import { missing } from './tutti.js'

const reason = missing()
if (reason !== null) console.warn(`tests against real processes are skipped: ${reason}`)
const real = test.skipIf(reason !== null)
const get = useTutti(reason !== null)

/** Makes a room, and joins it so many times. The server sends sockets to its two relays in turn. */
async function joined (n: number, options: CreateOptions = {}): Promise<Room[]> {
  const { yjsUrl } = await createRoom(get().url, options)
  const rooms: Room[] = []
  for (let i = 0; i < n; i++) {
    const room = join(yjsUrl)
    await room.synced
    rooms.push(room)
  }
  return rooms
}

/** Two people in one new room. */
async function two (options: CreateOptions = {}): Promise<[Room, Room]> {
  return await joined(2, options) as [Room, Room]
}

/** Types a line at the end of a text, as one edit. */
function type (room: Room, line: string): void {
  room.text.insert(room.text.length, `${line}\n`)
}

/** Checks that a text has each line once, and no others. */
function expectLines (text: string, lines: string[]): void {
  expect(text.split('\n').filter(line => line !== '').sort()).toEqual([...lines].sort())
}

real('A room is made with a language and a text, and exists', async () => {
  const { url } = get()
  const made = await createRoom(url, { language: 'go', code: 'package main\n' })
  expect(made).toMatchObject({ joinUrl: `${url}/${made.roomId}`, yjsUrl: get().yjsUrl(made.roomId), expiresIn: 7200 })
  expect(await roomExists(`${url}/`, made.roomId)).toBe(true)
  expect(await roomExists(new URL(url), '../nothing')).toBe(false)
  const room = join(made.yjsUrl)
  await room.synced
  expect(room.id).toBe(made.roomId)
  expect(room.text.toString()).toBe('package main\n')
  await until('the language', () => room.language === 'go')
})

real('A room that the server will not make is an error with its words', async () => {
  const refused = createRoom(get().url, { language: 'No Such Language' })
  await expect(refused).rejects.toBeInstanceOf(TuttiError)
  await expect(refused).rejects.toMatchObject({ status: 422, code: 'invalid', message: expect.stringContaining('language') })
})

real('Two on two relays have one text, and see each other', async () => {
  const [a, b] = await two()
  a.setUser({ name: 'Ada' })
  b.setUser({ name: 'Bo', color: '#123456' })
  for (let i = 0; i < 20; i++) {
    type(a, `a${i}`)
    type(b, `b${i}`)
  }
  const text = await converged(a, b)
  expect(text.split('\n')).toHaveLength(41)
  const userOf = (room: Room, other: Room): unknown => room.awareness.getStates().get(other.doc.clientID)?.user
  await until('Bo', () => (userOf(a, b) as { name?: string } | undefined)?.name === 'Bo')
  await until('Ada', () => (userOf(b, a) as { name?: string } | undefined)?.name === 'Ada')
  expect(userOf(a, b)).toEqual({ name: 'Bo', color: '#123456', colorLight: '#12345633' })
})

real('Who leaves is seen to leave at once, on both relays', async () => {
  const [a, b, c] = await joined(3) as [Room, Room, Room] // c is on the relay of a
  const seenBy = (room: Room): boolean => room.awareness.getStates().has(c.doc.clientID)
  await until('all see c', () => seenBy(a) && seenBy(b))
  c.close()
  await until('a sees that c left', () => !seenBy(a), 1000)
  await until('b sees that c left', () => !seenBy(b), 1000)
})

real('Statuses: connecting, live, saving, saved', async () => {
  const [room] = await joined(1) as [Room]
  const again = join(room.url)
  const seen = statuses(again)
  await reached(again, 'live')
  type(again, 'x')
  expect(again.status).toBe('saving')
  await reached(again, 'saved')
  expect(seen).toEqual(['connecting', 'live', 'saving', 'saved'])
  await until('the text', () => room.text.toString() === 'x\n')
  expect(room.status).toBe('live')
})

real('The language is that of all', async () => {
  const [a, b] = await two({ language: 'python' })
  await until('python', () => a.language === 'python' && b.language === 'python')
  a.setLanguage('rust')
  await until('rust', () => b.language === 'rust')
  b.setLanguage('c++')
  await until('c++', () => a.language === 'c++')
})

real('A document that has a text is merged into the room', async () => {
  const [a] = await joined(1, { code: 'theirs\n' }) as [Room]
  const doc = new Y.Doc()
  doc.getText('code').insert(0, 'mine\n')
  const b = join(a.url, { doc })
  expectLines(await converged(a, b), ['theirs', 'mine'])
  await reached(b, 'saved')
})

real('What is typed before the first sync is kept', async () => {
  const { yjsUrl } = await createRoom(get().url, { code: 'theirs\n' })
  const a = join(yjsUrl)
  type(a, 'early')
  expect([a.status, a.unsaved]).toEqual(['connecting', true])
  await reached(a, 'saved')
  const b = join(yjsUrl)
  await b.synced
  expectLines(await converged(a, b), ['theirs', 'early'])
})

real('What is typed and left at once has arrived', async () => {
  const [a, b] = await two()
  type(a, 'last words')
  a.close()
  await until('the words', () => b.text.toString() === 'last words\n')
})

real('A room that does not exist is gone', async () => {
  const room = join(get().yjsUrl('abcdef'))
  await expect(room.synced).rejects.toMatchObject({ code: 'not-found' })
  expect([room.status, room.goneReason]).toEqual(['gone', 'not-found'])
})

for (const how of ['stop', 'kill'] as const) {
  real(`Nothing typed is lost when the server is restarted: ${how}`, async () => {
    const { server } = get()
    const rooms = await two()
    const lines: string[] = []
    const typing = setInterval(() => {
      for (const [i, room] of rooms.entries()) {
        lines.push(`${i}-${lines.length}`)
        type(room, lines.at(-1) as string)
      }
    }, 5)
    try {
      await until('some lines', () => lines.length > 50)
      for (let times = 0; times < 2; times++) {
        await server[how]()
        await Promise.all(rooms.map(async room => await reached(room, 'offline')))
        const before = lines.length
        await until('lines typed offline', () => lines.length > before + 20)
        await server.start()
        await until('both are back', () => rooms.every(room => room.status === 'saving' || room.status === 'saved'))
      }
    } finally {
      clearInterval(typing)
    }
    expectLines(await converged(...rooms), lines)
    await Promise.all(rooms.map(async room => await reached(room, 'saved')))
    const late = join(rooms[0].url)
    await late.synced
    expectLines(await converged(late, ...rooms), lines)
  })
}

real('What is typed offline is merged', async () => {
  const { server } = get()
  const [a, b] = await two({ code: 'before\n' })
  await server.stop()
  await Promise.all([reached(a, 'offline'), reached(b, 'offline')])
  type(a, 'by a')
  type(b, 'by b')
  a.setLanguage('haskell')
  expect([a.unsaved, b.unsaved]).toEqual([true, true])
  await server.start()
  a.retry()
  b.retry()
  expectLines(await converged(a, b), ['before', 'by a', 'by b'])
  await Promise.all([reached(a, 'saved'), reached(b, 'saved')])
  await until('the language', () => b.language === 'haskell')
  await until('each sees the other', () => a.awareness.getStates().has(b.doc.clientID) && b.awareness.getStates().has(a.doc.clientID))
})

real('The text survives that Redis forgets everything', async () => {
  const { redis } = get()
  const [a, b] = await two()
  type(a, 'before')
  await converged(a, b)
  await reached(a, 'saved')
  await redis.flush()
  type(b, 'after')
  expectLines(await converged(a, b), ['before', 'after'])
  const late = join(a.url)
  await late.synced
  expectLines(await converged(late, a, b), ['before', 'after'])
})

real('While Redis is away it is saving, and saved when Redis is back', async () => {
  const { redis } = get()
  const [a] = await joined(1) as [Room]
  type(a, 'before')
  await reached(a, 'saved')
  await redis.kill()
  type(a, 'meanwhile')
  expect(a.status).toBe('saving')
  await redis.start()
  await reached(a, 'saved')
  expectLines(a.text.toString(), ['before', 'meanwhile'])
})
