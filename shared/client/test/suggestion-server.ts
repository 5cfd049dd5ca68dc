/** A server that plays POST /rooms/autocomplete as a test tells it. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A request as it arrived. */
export interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly body: { readonly code: string, readonly cursor_position: number, readonly language: string }
  /** Resolves when the client has gone before there was an answer. */
  readonly abandoned: Promise<unknown>
  /** Sends how an answer begins, and nothing more. */
  begin (status: number): void
  /** Sends an answer: an object as JSON, a string as it is. */
  answer (status: number, body?: object | string, headers?: Record<string, string>): void
}

/** Answers a request, now or later, or never. */
export type Behaviour = (asked: Asked) => void

/** An answer with a suggestion at the cursor. */
export function suggest (suggestion: string): Behaviour {
  return asked => asked.answer(200, { suggestion, insert_position: asked.body.cursor_position, trigger_word: '' })
}

/** The answer that there is nothing to suggest. */
export const nothing: Behaviour = asked => asked.answer(404, { title: 'Not Found', status: 404, code: 'not_found' })

/** No answer at all. */
export const hang: Behaviour = () => {}

/** A running server. */
export class SuggestionServer {
  behaviour: Behaviour = nothing
  readonly requests: Asked[] = []
  readonly #server: Server
  readonly #arrivals = new EventEmitter().setMaxListeners(0)

  private constructor (server: Server) {
    this.#server = server
    server.on('request', (request, response) => this.#serve(request, response))
  }

  static async start (): Promise<SuggestionServer> {
    const server = createServer()
    const self = new SuggestionServer(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return self
  }

  get url (): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves to the nth request, counted from 0, once it is there. */
  async request (n: number): Promise<Asked> {
    for (;;) {
      const asked = this.requests[n]
      if (asked !== undefined) return asked
      await once(this.#arrivals, 'request')
    }
  }

  async stop (): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked: Asked = {
      method: request.method,
      url: request.url,
      body: await json(request) as Asked['body'],
      abandoned: once(response, 'close'),
      begin (status) {
        response.writeHead(status).write('{')
      },
      answer (status, body = {}, headers = {}) {
        const type = status === 200 ? 'application/json' : 'application/problem+json'
        response.writeHead(status, { 'Content-Type': type, ...headers })
        response.end(typeof body === 'string' ? body : JSON.stringify(body))
      }
    }
    this.requests.push(asked)
    this.behaviour(asked)
    this.#arrivals.emit('request')
  }
}
