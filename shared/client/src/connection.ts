import type { Backoff } from './backoff.js'
import { ending, type GoneReason } from './closing.js'
import { TuttiError } from './errors.js'
import { OPEN, type Socket, type SocketClass } from './socket.js'

/** Milliseconds without any message after which a connection is taken for dead. The server says something every 20 s. */
export const SILENCE_MS = 45_000

/**
 * Milliseconds for which a full room may be one where the server still counts our
 * lost connection: it takes up to 40 s to notice that somebody is gone.
 */
export const COUNTED_MS = 60_000

/** Milliseconds that an attempt to connect may take. */
export const OPENING_MS = 15_000

// Close codes that this side sends.
const CLOSE_NORMAL = 1000
const CLOSE_UNREADABLE = 4400
const CLOSE_SILENT = 4408

/** What a connection calls back. None of these may throw, but `received`. */
export interface ConnectionEvents {
  opened (): void
  /** A frame arrived. Throws if it cannot be read, which ends the socket. */
  received (frame: Uint8Array): void
  /** The socket has ended, or there came to be none. There will be another one. */
  lost (): void
  /** The server has refused for good. */
  refused (reason: GoneReason, status: number): void
  /** Something went wrong that is to be told; `lost` is called besides. */
  failed (error: TuttiError): void
}

/**
 * One socket after the other, until it is ended or refused. What an earlier socket
 * still has to say when it was given up is not heard.
 */
export class Connection {
  #socket: Socket | null = null
  #state: 'running' | 'paused' | 'ended' = 'running'
  #attempt: ReturnType<typeof setTimeout> | undefined
  #watchdog: ReturnType<typeof setTimeout> | undefined
  #heardAt = 0
  #steadyFrom: number | null = null
  #lostAt: number | null = null // when a connection ended that was steady

  constructor (
    readonly url: string,
    private readonly Socket: SocketClass,
    private readonly backoff: Backoff,
    private readonly events: ConnectionEvents
  ) {}

  /** A frame can be sent. */
  get open (): boolean {
    return this.#socket?.readyState === OPEN
  }

  /** Makes a socket, if there is none. */
  connect (): void {
    clearTimeout(this.#attempt)
    if (this.#state !== 'running' || this.#socket !== null) return
    let socket: Socket
    try {
      socket = new this.Socket(this.url)
    } catch (error) { // as where a page may not connect there at all
      this.#again()
      queueMicrotask(() => { // whoever called could not have listened yet
        if (this.#state === 'ended') return
        this.events.failed(new TuttiError('the socket cannot be made', { code: 'network', cause: error }))
        this.events.lost()
      })
      return
    }
    this.#socket = socket
    this.#listen(socket)
    this.#heard()
    this.#watch(OPENING_MS)
  }

  /** Connects at once if it waits to, and with short waits from then on. */
  retry (): void {
    if (this.#socket !== null) return
    this.backoff.reset()
    this.connect()
  }

  /** Sends a frame. Returns false if it cannot be sent now. */
  send (frame: Uint8Array<ArrayBuffer>): boolean {
    if (this.#socket === null || !this.open) return false
    this.#socket.send(frame)
    return true
  }

  /** Notes that all is well. Only who stays so for a while begins anew with short waits. */
  steady (): void {
    this.#steadyFrom ??= performance.now()
  }

  /** Gives the socket up, for another one. */
  drop (code = CLOSE_NORMAL, reason = ''): void {
    if (this.#socket === null) return
    this.#abandon(code, reason)
    this.#again()
    this.events.lost()
  }

  /** Closes the socket until `resume`. */
  pause (): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    clearTimeout(this.#attempt)
    this.#abandon(CLOSE_NORMAL, '')
    this.events.lost()
  }

  /** Connects again after `pause`. */
  resume (): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.retry()
  }

  /** Closes the socket for good. What was sent before goes out before that. */
  end (): void {
    this.#state = 'ended'
    clearTimeout(this.#attempt)
    this.#abandon(CLOSE_NORMAL, '')
  }

  // The handlers stay with a socket that is given up: without one for errors `ws` throws.
  #listen (socket: Socket): void {
    const current = (): boolean => this.#socket === socket
    socket.binaryType = 'arraybuffer'
    socket.onerror = () => {} // it says nothing; a close follows
    socket.onopen = () => {
      if (!current()) return
      this.#heard()
      this.#watch(SILENCE_MS)
      this.events.opened()
    }
    socket.onmessage = (event: { data: unknown }) => {
      if (!current()) return
      this.#heard()
      this.#receive(event.data)
    }
    socket.onclose = (event: { code: number, reason: string }) => {
      if (current()) this.#closed(event.code, event.reason)
    }
  }

  #receive (data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer)) throw new Error('a frame that is not binary')
      this.events.received(new Uint8Array(data))
    } catch (error) {
      this.drop(CLOSE_UNREADABLE, 'unreadable frame')
      this.events.failed(new TuttiError('the server sent what cannot be read', { code: 'unreadable', cause: error }))
    }
  }

  #closed (code: number, reason: string): void {
    this.#forget()
    const end = ending(code, reason)
    if ('final' in end && !(end.final === 'full' && this.#mayBeCounted())) {
      this.#state = 'ended'
      this.events.refused(end.final, code)
    } else {
      this.#again('final' in end ? undefined : end.retryMs)
      this.events.lost()
    }
  }

  #mayBeCounted (): boolean {
    return this.#lostAt !== null && performance.now() - this.#lostAt < COUNTED_MS
  }

  #again (ms?: number): void {
    this.#attempt = setTimeout(() => this.connect(), ms ?? this.backoff.next())
  }

  #abandon (code: number, reason: string): void {
    const socket = this.#socket
    this.#forget()
    socket?.close(code, reason)
  }

  #forget (): void {
    this.#socket = null
    clearTimeout(this.#watchdog)
    if (this.#steadyFrom === null) return
    this.#lostAt = performance.now()
    if (this.#lostAt - this.#steadyFrom >= this.backoff.options.maxMs) this.backoff.reset()
    this.#steadyFrom = null
  }

  #heard (): void {
    this.#heardAt = performance.now()
  }

  /** Gives the socket up when nothing has been heard for so long, in milliseconds. */
  #watch (limit: number): void {
    clearTimeout(this.#watchdog)
    const left = this.#heardAt + limit - performance.now()
    if (left <= 0) this.drop(CLOSE_SILENT, 'nothing was heard')
    else this.#watchdog = setTimeout(() => this.#watch(limit), Math.ceil(left))
  }
}
