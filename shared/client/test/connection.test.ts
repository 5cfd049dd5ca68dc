// Rooms on sockets of this process, in time that a test makes pass.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { joinRoom, type JoinOptions, type Room, type Socket } from '../src/index.js'

/** A socket whose other end is the test. */
class MemorySocket implements Socket {
  static all: MemorySocket[] = []
  binaryType = ''
  readyState = 0
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null
  sent: Uint8Array[] = []
  closed: number | undefined

  constructor (readonly url: string) { MemorySocket.all.push(this) }

  send (data: Uint8Array): void { this.sent.push(data) }
  close (code: number): void { this.readyState = 2; this.closed ??= code }

  open (): void {
    this.readyState = 1
    this.onopen?.({} as never)
  }

  hear (...bytes: number[]): void {
    this.onmessage?.({ data: new Uint8Array(bytes).buffer } as never)
  }

  end (code = 1006, reason = ''): void {
    this.readyState = 3
    this.onclose?.({ code, reason } as never)
  }

  /** Brings the client in sync with an empty document. */
  sync (): void {
    this.open()
    this.hear(0, 0, 1, 0)
    this.hear(0, 1, 2, 0, 0)
  }
}

const sockets = MemorySocket.all
const last = (): MemorySocket => sockets.at(-1) as MemorySocket
let rooms: Room[] = []

function join (options: JoinOptions = {}): Room {
  const room = joinRoom('ws://tutti.test/yjs/a972ed', { WebSocket: MemorySocket, ...options })
  rooms.push(room)
  return room
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(1) // the longest waits
  sockets.length = 0
})

afterEach(() => {
  for (const room of rooms) room.close()
  rooms = []
  expect(vi.getTimerCount(), 'timers that are left').toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('A room has the id and the name of the text that its address has', () => {
  const room = joinRoom(new URL('http://tutti.test/a/yjs/a972ed/?text=monaco#x'), { WebSocket: MemorySocket })
  rooms.push(room)
  expect([room.id, room.url]).toEqual(['a972ed', 'ws://tutti.test/a/yjs/a972ed/?text=monaco'])
  expect(room.text).toBe(room.doc.getText('monaco'))
  expect(join({ textName: 'quill' }).url).toBe('ws://tutti.test/yjs/a972ed?text=quill')
  expect(join().text).toBe(rooms.at(-1)?.doc.getText('code'))
})

test('What is no address of a room, or no WebSocket, is refused at once', () => {
  vi.stubGlobal('WebSocket', undefined)
  expect(() => joinRoom('ws://tutti.test/yjs/a')).toThrow('WebSocket')
  expect(() => joinRoom('ftp://tutti.test/yjs/a', { WebSocket: MemorySocket })).toThrow(TypeError)
  expect(() => joinRoom('ws://tutti.test/', { WebSocket: MemorySocket })).toThrow(TypeError)
  expect(() => joinRoom('nothing', { WebSocket: MemorySocket })).toThrow(TypeError)
})

test('Waits double up to the longest, and begin anew after a connection that held', () => {
  join({ backoff: { minMs: 500, maxMs: 4000 } })
  for (const ms of [500, 1000, 2000, 4000, 4000]) {
    last().end()
    const before = sockets.length
    vi.advanceTimersByTime(ms - 1)
    expect(sockets).toHaveLength(before)
    vi.advanceTimersByTime(1)
    expect(sockets).toHaveLength(before + 1)
  }
  last().sync()
  last().end() // at once: no sign of health
  vi.advanceTimersByTime(3999)
  expect(sockets).toHaveLength(6)
  vi.advanceTimersByTime(1)
  last().sync()
  vi.advanceTimersByTime(4000)
  last().end()
  vi.advanceTimersByTime(500)
  expect(sockets).toHaveLength(8)
})

test('After 45 s without a message a connection is given up', () => {
  const room = join()
  last().sync()
  vi.advanceTimersByTime(44_000)
  last().hear(1, 1, 0)
  vi.advanceTimersByTime(44_999)
  expect(room.status).toBe('live')
  vi.advanceTimersByTime(1)
  expect(room.status).toBe('offline')
  const [dead] = sockets
  expect(dead?.closed).toBe(4408)
  vi.advanceTimersByTime(500)
  last().sync()
  expect(room.status).toBe('live')
  dead?.end(4404) // what comes late means nothing
  expect(room.status).toBe('live')
  expect(sockets).toHaveLength(2)
})

test('An attempt that comes to nothing is given up after 15 s', () => {
  const room = join()
  vi.advanceTimersByTime(15_000)
  expect(room.status).toBe('offline')
  vi.advanceTimersByTime(500)
  expect(sockets).toHaveLength(2)
  sockets[0]?.open()
  expect(sockets[0]?.sent).toEqual([])
})

test('After a final close code there are no more attempts, and no timers', () => {
  const room = join()
  last().sync()
  last().end(4404)
  expect([room.status, room.goneReason]).toEqual(['gone', 'not-found'])
  expect(vi.getTimerCount()).toBe(0)
  room.retry()
  room.close()
  expect(sockets).toHaveLength(1)
  expect(room.goneReason).toBe('not-found')
})

test('A room that was left makes no more attempts', () => {
  const room = join()
  last().end()
  room.close()
  expect(vi.getTimerCount()).toBe(0)
  room.retry()
  expect(sockets).toHaveLength(1)
})

test('retry connects at once, but not twice', () => {
  const room = join()
  last().end()
  room.retry()
  room.retry()
  expect(sockets).toHaveLength(2)
  vi.advanceTimersByTime(1000)
  expect(sockets).toHaveLength(2)
})

test('What cannot be sent because the socket is closing is unsaved, and sent on the next', () => {
  const room = join()
  last().sync()
  last().readyState = 2
  const sent = last().sent.length
  room.text.insert(0, 'a')
  expect(last().sent).toHaveLength(sent)
  expect(room.unsaved).toBe(true)
  last().end()
  room.retry()
  last().sync()
  expect(new TextDecoder().decode(last().sent.at(-1))).toContain('a')
})

test('A listener that throws keeps nothing from happening', () => {
  const thrown: unknown[] = []
  vi.stubGlobal('queueMicrotask', (task: () => void) => {
    try { task() } catch (error) { thrown.push((error as Error).message) }
  })
  const room = join()
  room.on('status', status => { throw new Error(status) })
  room.text.observe(() => { throw new Error('the text') })
  room.awareness.on('change', () => { throw new Error('somebody') })
  last().sync()
  const other = new Y.Doc()
  other.getText('code').insert(0, 'x')
  const update = Y.encodeStateAsUpdate(other)
  last().hear(0, 2, update.length, ...update)
  last().hear(1, 6, 1, 7, 1, 2, 123, 125) // client 7 is there
  last().end()
  room.retry()
  last().sync()
  expect(thrown).toEqual(['live', 'the text', 'somebody', 'offline', 'somebody', 'live'])
  expect(room.text.toString()).toBe('x')
  expect(sockets).toHaveLength(2)
})

/** Makes this process have what a page has. */
function page (): EventTarget {
  const window = new EventTarget()
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window))
  return window
}

const shown = (persisted: boolean): Event => Object.assign(new Event('pageshow'), { persisted })

test('Without a network it is offline at once, and connects at once when there is one', () => {
  const window = page()
  const room = join()
  last().sync()
  window.dispatchEvent(new Event('offline'))
  expect(room.status).toBe('offline')
  window.dispatchEvent(new Event('online'))
  expect(sockets).toHaveLength(2)
  last().sync()
  expect(room.status).toBe('live')
  room.close()
  window.dispatchEvent(new Event('online'))
  expect(sockets).toHaveLength(2)
})

test('A page that is left says so, and one that is shown again is back', () => {
  const window = page()
  const room = join({ user: { name: 'Ada' } })
  window.dispatchEvent(shown(false)) // as when it has loaded
  last().open()
  room.text.insert(0, 'early') // and the server has not asked yet
  window.dispatchEvent(new Event('pagehide'))
  const left = last()
  expect(left.closed).toBe(1000)
  const said = left.sent.map(frame => new TextDecoder().decode(frame))
  expect(said.at(-1)).toContain('null')
  expect(said.at(-2)).toContain('early')
  expect(room.awareness.getLocalState()).toBeNull()
  room.setUser({ name: 'Bo' })
  vi.advanceTimersByTime(60_000)
  room.retry()
  expect(sockets).toHaveLength(1)
  window.dispatchEvent(shown(true))
  expect(sockets).toHaveLength(2)
  expect(room.awareness.getLocalState()).toMatchObject({ user: { name: 'Bo' } })
  last().sync()
  expect(room.status).toBe('live')
})
