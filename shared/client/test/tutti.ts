// Real Tutti processes for tests: a Redis, and the server that `make dev` runs,
// with two relays behind one port.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { renameSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, isInstalled, Process } from './process.js'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Tells what is not installed that these processes need, or null. Tests are then
 * to be skipped, with that as their reason. Where TUTTI_REQUIRE is `all` it throws.
 */
export function missing (): string | null {
  const lacking = [
    ...(isInstalled('redis-server') ? [] : ['redis-server']),
    ...(process.env.TUTTI_DEV !== undefined || isInstalled('go') ? [] : ['go (or TUTTI_DEV, the path of the dev server)'])
  ]
  if (lacking.length === 0) return null
  const reason = `${lacking.join(' and ')} not found`
  if (process.env.TUTTI_REQUIRE === 'all') throw new Error(reason)
  return reason
}

let built: string | undefined

/** Path of the dev server: TUTTI_DEV, or one that is built, once for this process. */
export function devServer (): string {
  const given = process.env.TUTTI_DEV
  if (given !== undefined && given !== '') return given
  if (built !== undefined) return built
  const name = createHash('sha256').update(repository).digest('hex').slice(0, 8)
  const path = join(tmpdir(), `tutti-dev-${name}`) // one for each repository: a worker that is ended cannot tidy up
  const fresh = `${path}-${process.pid}`
  const { status, stderr } = spawnSync('go', ['build', '-o', fresh, './infra/cmd/dev'], { cwd: repository, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the dev server cannot be built:\n${stderr}`)
  renameSync(fresh, path) // at once, for whoever else runs it
  built = path
  return path
}

/** A Redis that keeps nothing on disk. */
export class Redis extends Process {
  constructor (readonly port: number) {
    const command = (): string[] => ['redis-server', '--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
    super('redis', command, {}, async () => await ask(port, 'PING').then(answer => answer.startsWith('+PONG'), () => false))
  }

  get url (): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Forgets everything. */
  async flush (): Promise<void> {
    const answer = await ask(this.port, 'FLUSHALL')
    if (!answer.startsWith('+OK')) throw new Error(`Redis would not forget: ${answer}`)
  }
}

/** Sends Redis a command, and returns the beginning of its answer. */
function ask (port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => { socket.write(`${command}\r\n`) })
    socket.on('data', data => { socket.destroy(); resolve(String(data)) })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('Redis closed the connection')))
  })
}

/** A Tutti: the dev server and its Redis. What is done to one of them is done while the other runs on. */
export class Tutti {
  private constructor (readonly port: number, readonly redis: Redis, readonly server: Process) {}

  /** Starts one. `env` is added to the server's environment. Stop it in the end. */
  static async start (env: Record<string, string> = {}): Promise<Tutti> {
    const path = devServer()
    const redis = new Redis(await freePort())
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const server = new Process('server', () => [path], {
      PORT: String(port),
      REDIS_URL: redis.url,
      CORS_ORIGINS: url,
      BASE_URL: url,
      WS_BASE_URL: url.replace('http', 'ws'),
      // All tests are one address.
      CREATE_RATE: '1000',
      MISS_RATE: '1000',
      ...env
    }, async () => await fetch(`${url}/readyz`).then(response => response.ok, () => false))
    const tutti = new Tutti(port, redis, server)
    try {
      await redis.start()
      await server.start()
    } catch (error) {
      await tutti.end()
      throw error
    }
    return tutti
  }

  /** Where the functions and the page are. */
  get url (): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Where the Yjs socket of a room is. */
  yjsUrl (roomId: string): string {
    return `ws://127.0.0.1:${this.port}/yjs/${roomId}`
  }

  /** What both have written, for a test that failed. */
  get log (): string {
    return `${this.redis.log}\n${this.server.log}`
  }

  /** Ends both, for good. */
  async end (): Promise<void> {
    await this.server.kill()
    await this.redis.kill()
  }
}
