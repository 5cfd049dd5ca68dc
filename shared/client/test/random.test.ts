// Random edits by several people whose connections are lost at random.
import { setImmediate as soon } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { createRoom, type Room } from '../src/index.js'
import { converged, join, reached, until, useTutti } from './fixture.js'
import { seeded, type Random } from './random.js'
import { missing } from './tutti.js'

const reason = missing()
if (reason !== null) console.warn(`tests against real processes are skipped: ${reason}`)
const get = useTutti(reason !== null)

const people = 4
const steps = 3000

/** Somebody in the room, whose sockets a test can break. */
interface Person {
  room: Room
  sockets: WebSocket[]
}

function person (url: string): Person {
  const sockets: WebSocket[] = []
  class Breakable extends WebSocket {
    constructor (url: string) {
      super(url)
      sockets.push(this)
    }
  }
  return { room: join(url, { WebSocket: Breakable }), sockets }
}

/** Does one thing that people do, or that happens to them. Returns the marker that was typed, if one was. */
function step ({ room, sockets }: Person, random: Random, n: number): string | null {
  const { text } = room
  const at = random.below(text.length + 1)
  switch (random.below(20)) {
    case 0:
      sockets.at(-1)?.terminate()
      return null
    case 1:
      sockets.at(-1)?.close(1000)
      return null
    case 2:
      room.retry()
      return null
    case 3: case 4: case 5: { // take away some of the filling, and no marker
      const end = text.toString().indexOf('.', at)
      if (end >= 0) text.delete(end, 1)
      return null
    }
    default: {
      const marker = `<${n}>`
      text.insert(at, `${marker}..`)
      return marker
    }
  }
}

test.skipIf(reason !== null)('Whatever happens to connections, nothing typed is lost or doubled', { timeout: 120_000 }, async () => {
  const { url, server, redis } = get()
  const random = seeded()
  const { yjsUrl } = await createRoom(url)
  const all = Array.from({ length: people }, () => person(yjsUrl))
  await Promise.all(all.map(async ({ room }) => await room.synced))
  const everyone = async (): Promise<void> => {
    for (const { room } of all) room.retry()
    await until('everyone in sync', () => all.every(({ room }) => ['live', 'saving', 'saved'].includes(room.status)))
  }
  const markers: string[] = []
  for (let n = 0; n < steps; n++) {
    const marker = step(all[random.below(people)] as Person, random, n)
    if (marker !== null) markers.push(marker)
    if (random.below(3) === 0) await soon()
    if (n % 100 === 99) await everyone()
    if (n === 1000) await server.kill()
    if (n === 1050) await server.start()
    if (n === 2000) { // while all are there: text lives as long as Redis, or one who holds it
      await everyone()
      await redis.flush()
      await reached(all[0]?.room as Room, 'saved')
    }
  }
  await everyone()
  const text = await converged(...all.map(({ room }) => room))
  // A marker into whose middle somebody typed is in pieces: what belongs to a
  // marker is told by taking out what is whole, from the inside.
  const found: string[] = []
  let rest = text.replaceAll('.', '')
  for (let before = ''; rest !== before;) {
    before = rest
    rest = rest.replace(/<\d+>/g, marker => { found.push(marker); return '' })
  }
  expect(rest).toBe('')
  expect(found.sort()).toEqual(markers.sort())
  const late = join(yjsUrl)
  await late.synced
  expect(await converged(late, all[0]?.room as Room)).toBe(text)
  await Promise.all(all.map(async ({ room }) => { if (room.status !== 'live') await reached(room, 'saved') }))
})
