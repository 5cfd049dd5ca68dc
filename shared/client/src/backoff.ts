/** Bounds of the time between two attempts to connect, in milliseconds. */
export interface BackoffOptions {
  /** What the first wait is at most. */
  minMs: number
  /** What any wait is at most. */
  maxMs: number
}

/**
 * Times between attempts, with full jitter: each is anything from nothing to a
 * bound that doubles, so that clients who lost their server together do not come
 * back together.
 */
export class Backoff {
  #attempts = 0

  constructor (
    readonly options: BackoffOptions = { minMs: 500, maxMs: 10_000 },
    private readonly random: () => number = Math.random
  ) {}

  /** How long to wait before the next attempt, in milliseconds. */
  next (): number {
    const { minMs, maxMs } = this.options
    const bound = Math.min(maxMs, minMs * 2 ** this.#attempts)
    this.#attempts++
    return this.random() * bound
  }

  /** Begins again with short waits. */
  reset (): void {
    this.#attempts = 0
  }
}
