import { setTimeout as pause } from 'node:timers/promises'

/** How long a page may take for anything: usually some ms, on a busy machine some s. In ms. */
export const patience = 15_000

const between = 25 // ms

/** Asks again and again until the answer is as it should be, and returns it. */
export async function eventually<T> (what: string, ask: () => T | Promise<T>, holds: (answer: T) => boolean, ms = patience): Promise<T> {
  const deadline = performance.now() + ms
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (performance.now() > deadline) throw new Error(`this never came to be: ${what}; it is ${JSON.stringify(answer)}`)
    await pause(between)
  }
}

/** Waits until the answer is a certain one. */
export async function becomes<T> (what: string, ask: () => T | Promise<T>, wanted: T): Promise<void> {
  const written = JSON.stringify(wanted)
  await eventually(`${what} is ${written}`, ask, answer => JSON.stringify(answer) === written)
}
