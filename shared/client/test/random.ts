/** Random numbers that a seed repeats (mulberry32). */
export class Random {
  #state: number

  constructor (readonly seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 up to, and without, a bound. */
  below (bound: number): number {
    this.#state = (this.#state + 0x6D2B79F5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * bound)
  }
}

/** The seed of TUTTI_SEED, or another one each time. It is printed. */
export function seeded (): Random {
  const seed = Number(process.env.TUTTI_SEED ?? Math.floor(Math.random() * 2 ** 32))
  console.info(`TUTTI_SEED=${seed} repeats this`)
  return new Random(seed)
}
