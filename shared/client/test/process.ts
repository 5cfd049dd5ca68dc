import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const startingMs = 20_000 // a machine that has other things to do takes its time
const stoppingMs = 15_000 // Tutti promises 9 s

/** A program that is run: started, stopped and started again, on one port. */
export class Process {
  /** What it has written, and what was done with it. */
  log = ''

  #child: ChildProcess | null = null
  #guard: ChildProcess | null = null

  /** `ready` tells whether it can be used. */
  constructor (
    readonly name: string,
    private readonly command: () => string[],
    private readonly env: Record<string, string>,
    private readonly ready: () => Promise<boolean>
  ) {}

  get running (): boolean {
    return this.#child !== null
  }

  /** Starts it, and waits until it can be used. */
  async start (): Promise<void> {
    if (this.#child !== null) throw new Error(`${this.name} runs already`)
    const [program = '', ...args] = this.command()
    const child = spawn(program, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#note('started')
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { this.log += String(data) })
    child.on('error', error => this.#note(error.message))
    child.on('close', (code, signal) => {
      this.#note(`ended with ${code ?? signal}`)
      this.#child = null
      this.#guard?.kill('SIGKILL')
    })
    if (child.pid !== undefined) this.#guard = guard(child.pid)
    const deadline = Date.now() + startingMs
    while (!await this.ready()) {
      if (this.#child !== child) throw new Error(`${this.name} ended at once:\n${this.log}`)
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready:\n${this.log}`)
      await wait(20)
    }
  }

  /** Ends it by SIGTERM, and waits for that. */
  async stop (): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Ends it by SIGKILL. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Holds it as if its machine hung; `false` lets it go on. */
  hang (held = true): void {
    this.#note(held ? 'held' : 'let go')
    this.#child?.kill(held ? 'SIGSTOP' : 'SIGCONT')
  }

  async #end (signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === null) return
    const closed = once(child, 'close')
    this.#note(signal)
    child.kill(signal)
    const late = setTimeout(() => { this.#note('it takes too long'); child.kill('SIGKILL') }, stoppingMs)
    await closed
    clearTimeout(late)
  }

  #note (what: string): void {
    this.log += `--- ${new Date().toISOString()} ${this.name}: ${what}\n`
  }
}

/** Ends a process when this one ends, however it does: then the guard's input ends. */
function guard (pid: number): ChildProcess {
  const child = spawn('sh', ['-c', `read _; kill -9 ${pid}`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.unref()
  return child
}

/** Tells whether a program is installed. */
export function isInstalled (program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0
}

/**
 * Finds a free port below those that the system gives to outgoing connections: one
 * of these would be taken while a server is restarted.
 */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    const free = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise(resolve => server.close(resolve))
    return port
  }
}
