// Rooms on a server that a test makes say what it wants.
import type { JoinOptions, Room } from '../src/index.js'
import type { Fake, Peer } from './fake.js'
import { join, reached, until } from './fixture.js'

/** Waits for the nth connection, and for its hello. */
export async function peer (fake: Fake, n = 0): Promise<Peer> {
  await until(`connection ${n}`, () => (fake.peers[n]?.heard.length ?? 0) >= 2)
  return fake.peers[n] as Peer
}

/** Joins a room and has it in sync with a server that says what it saves. */
export async function live (fake: Fake, options?: JoinOptions): Promise<{ room: Room, server: Peer }> {
  const room = join(fake.url, options)
  const server = await peer(fake)
  server.welcome()
  server.step1()
  server.step2()
  await room.synced
  await until('an answer', () => server.of('step2').length === 1)
  server.saved(1)
  await reached(room, 'live')
  return { room, server }
}
