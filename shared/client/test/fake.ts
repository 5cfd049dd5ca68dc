// A server that says whatever a test wants, and remembers what it heard.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { afterEach } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import * as Y from 'yjs'

/** What was heard of a client. */
export type Heard =
  | { type: 'step1' | 'step2' | 'update', bytes: Uint8Array }
  | { type: 'awareness', entries: Array<{ client: number, clock: number, state: unknown }> }
  | { type: 'room', message: Record<string, unknown> }

/** One connection of a client, as the server sees it. */
export class Peer {
  readonly heard: Heard[] = []
  closed: { code: number, reason: string } | null = null

  constructor (readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.heard.push(read(new Uint8Array(data))))
    socket.on('close', (code, reason) => { this.closed = { code, reason: reason.toString() } })
  }

  /** What was heard of a type. */
  of<T extends Heard['type']> (type: T): Array<Extract<Heard, { type: T }>> {
    return this.heard.filter((h): h is Extract<Heard, { type: T }> => h.type === type)
  }

  /** All edits and answers, which a server counts. */
  get counted (): number {
    return this.of('step2').length + this.of('update').length
  }

  /** The text that what was heard makes. */
  get text (): string {
    const doc = new Y.Doc()
    for (const h of this.heard) if (h.type === 'step2' || h.type === 'update') Y.applyUpdate(doc, h.bytes)
    return doc.getText('code').toString()
  }

  /** Asks what the server lacks, which by default has nothing. */
  step1 (vector = new Uint8Array([0])): void { this.sync(0, vector) }

  /** Answers what the client lacks: by default nothing. */
  step2 (update = new Uint8Array([0, 0])): void { this.sync(1, update) }

  sync (kind: number, bytes: Uint8Array): void {
    this.send(0, e => { encoding.writeVarUint(e, kind); encoding.writeVarUint8Array(e, bytes) })
  }

  awareness (bytes: Uint8Array): void {
    this.send(1, e => encoding.writeVarUint8Array(e, bytes))
  }

  room (message: object): void {
    this.send(100, e => encoding.writeVarString(e, JSON.stringify(message)))
  }

  welcome (fields: object = {}): void {
    this.room({ type: 'welcome', your_user_id: 'me', your_color: '#C72626', language: 'python', room_id: 'a', expires_in: 7200, ...fields })
  }

  saved (updates: number): void {
    this.room({ type: 'saved', version: 1, updates })
  }

  send (type: number, write: (e: encoding.Encoder) => void): void {
    const e = encoding.createEncoder()
    encoding.writeVarUint(e, type)
    write(e)
    this.socket.send(encoding.toUint8Array(e))
  }
}

function read (frame: Uint8Array): Heard {
  const d = decoding.createDecoder(frame)
  switch (decoding.readVarUint(d)) {
    case 0: {
      const type = (['step1', 'step2', 'update'] as const)[decoding.readVarUint(d)]
      if (type === undefined) throw new Error('an unknown sync message')
      return { type, bytes: decoding.readVarUint8Array(d) }
    }
    case 1: {
      const u = decoding.createDecoder(decoding.readVarUint8Array(d))
      const entries = Array.from({ length: decoding.readVarUint(u) }, () => ({
        client: decoding.readVarUint(u),
        clock: decoding.readVarUint(u),
        state: JSON.parse(decoding.readVarString(u)) as unknown
      }))
      return { type: 'awareness', entries }
    }
    case 100:
      return { type: 'room', message: JSON.parse(decoding.readVarString(d)) as Record<string, unknown> }
    default:
      throw new Error('an unknown message')
  }
}

/** A server whose connections a test takes one after the other. */
export class Fake {
  readonly peers: Peer[] = []

  private constructor (private readonly server: WebSocketServer) {
    server.on('connection', socket => this.peers.push(new Peer(socket)))
  }

  static async start (port = 0): Promise<Fake> {
    const server = new WebSocketServer({ port, host: '127.0.0.1' })
    await once(server, 'listening')
    const fake = new Fake(server)
    fakes.push(fake)
    return fake
  }

  get url (): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/yjs/a972ed`
  }

  /** Ends all at once, without a word. */
  async end (): Promise<void> {
    for (const client of this.server.clients) client.terminate()
    await new Promise(resolve => this.server.close(resolve))
  }
}

const fakes: Fake[] = []
afterEach(async () => { await Promise.all(fakes.splice(0).map(async fake => await fake.end())) })
