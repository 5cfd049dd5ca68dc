import * as Y from 'yjs'
import type { SocketClass } from './socket.js'

const DEFAULT_TEXT = 'code'

/** Reads the address of a room's socket. A name of the text that was asked for is part of it. */
export function socketURL (given: string | URL, textName?: string): { url: string, id: string, textName: string } {
  const url = new URL(given)
  url.protocol = url.protocol.replace(/^http/, 'ws')
  if (!/^wss?:$/.test(url.protocol)) throw new TypeError(`a room's address begins with ws: or wss:, not ${url.protocol}`)
  url.hash = ''
  if (textName !== undefined) url.searchParams.set('text', textName)
  const id = decodeURIComponent(url.pathname.split('/').filter(part => part !== '').pop() ?? '')
  if (id === '') throw new TypeError(`${url.href} names no room`)
  return { url: url.href, id, textName: url.searchParams.get('text') ?? DEFAULT_TEXT }
}

/** Finds what makes sockets. */
export function socketClass (given?: SocketClass): SocketClass {
  const found = given ?? (globalThis as { WebSocket?: SocketClass }).WebSocket
  if (found === undefined) throw new TypeError('there is no WebSocket here: pass one as an option, as that of the package ws')
  return found
}

/** Tells whether one who has what a state vector says lacks text that a document has. */
export function lacks (vector: Uint8Array, doc: Y.Doc): boolean {
  const known = Y.decodeStateVector(vector)
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    if ((known.get(client) ?? 0) < clock) return true
  }
  return false
}
