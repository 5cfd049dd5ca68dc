/** What is known of an error besides its message. */
export interface TuttiErrorDetails {
  /** HTTP status of the answer, or close code of the socket. */
  status?: number | undefined
  /** What went wrong, as a word for programs. */
  code?: string | undefined
  /** After how many milliseconds to try again. */
  retryAfterMs?: number | undefined
  /** The error behind this one. */
  cause?: unknown
}

/** An answer of the server that is a refusal, or that cannot be read. */
export class TuttiError extends Error {
  override readonly name = 'TuttiError'

  /** HTTP status of the answer, or close code of the socket. */
  readonly status: number | undefined

  /** What went wrong, as a word for programs: that of the server, or `network`, `unreadable`, or a `GoneReason`. */
  readonly code: string | undefined

  /** After how many milliseconds to try again, where the server said so. */
  readonly retryAfterMs: number | undefined

  constructor (message: string, details: TuttiErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.status = details.status
    this.code = details.code
    this.retryAfterMs = details.retryAfterMs
  }
}

/**
 * Calls code that is not ours. What it throws surfaces as an uncaught error, as it
 * does for any listener, and does not keep the caller from what it has to do.
 */
export function callOut (listener: () => void): void {
  try {
    listener()
  } catch (error) {
    throwLater(error)
  }
}

/** Throws where nobody catches. */
export function throwLater (error: unknown): void {
  queueMicrotask(() => { throw error })
}
