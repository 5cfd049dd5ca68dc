/**
 * A WebSocket, as much of it as is used: what browsers have, and `WebSocket` of
 * the package `ws`.
 */
export interface Socket {
  binaryType: string
  readonly readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send (data: Uint8Array<ArrayBuffer>): void
  close (code?: number, reason?: string): void
}

/** Makes sockets, by `new`. */
export type SocketClass = new (url: string) => Socket

/** readyState of a socket that can send. */
export const OPEN = 1
