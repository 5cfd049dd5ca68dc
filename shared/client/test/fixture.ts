// What the tests have in common: a Tutti and rooms that end with the test.
import { afterAll, afterEach, beforeAll, onTestFailed } from 'vitest'
import { WebSocket } from 'ws'
import { joinRoom, type JoinOptions, type Room, type RoomStatus } from '../src/index.js'
import { Tutti } from './tutti.js'

/** Starts a Tutti for the tests of a file. `get` returns it, and has its log printed if the test fails. */
export function useTutti (skip: boolean): () => Tutti {
  let tutti: Tutti | undefined
  beforeAll(async () => { if (!skip) tutti = await Tutti.start() }, 180_000)
  afterAll(async () => { await tutti?.end() })
  return () => {
    if (tutti === undefined) throw new Error('there is no Tutti')
    const { server, redis } = tutti
    const from = [server.log.length, redis.log.length]
    onTestFailed(() => { console.error(server.log.slice(from[0]), redis.log.slice(from[1])) })
    return tutti
  }
}

const rooms: Room[] = []
afterEach(() => { for (const room of rooms.splice(0)) room.close() })

/** Joins a room that is left when the test ends. */
export function join (url: string, options: JoinOptions = {}): Room {
  const room = joinRoom(url, { WebSocket, backoff: { minMs: 50, maxMs: 500 }, ...options })
  rooms.push(room)
  return room
}

/** Waits until something holds, which is asked for again when one of the rooms tells anything. */
export async function until (what: string, holds: () => boolean, ms = 15_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`this never came to be: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Waits for a status. */
export async function reached (room: Room, status: RoomStatus): Promise<void> {
  try {
    await until(status, () => room.status === status)
  } catch {
    throw new Error(`the room is ${room.status} and not ${status}`)
  }
}

/** All statuses of a room, from now on. */
export function statuses (room: Room): RoomStatus[] {
  const seen = [room.status]
  room.on('status', status => seen.push(status))
  return seen
}

/** Waits until all rooms have the same text, and returns it. */
export async function converged (...rooms: Room[]): Promise<string> {
  const texts = (): Set<string> => new Set(rooms.map(room => room.text.toString()))
  try {
    await until('one text', () => texts().size === 1 && rooms.every(room => !room.unsaved))
  } catch {
    throw new Error(`no one text, or not saved: ${JSON.stringify(rooms.map(r => [r.status, r.unsaved, r.text.toString()]))}`)
  }
  return rooms[0]?.text.toString() ?? ''
}
