import { WebSocket } from 'ws'
import { becomes } from './wait.js'

interface Message {
  type: string
  code?: string
  language?: string
  version?: number
}

/** Somebody in a room by the JSON protocol, which sends whole texts. */
export class PlainClient {
  code = ''
  language = ''

  private constructor (private readonly socket: WebSocket) {
    socket.on('message', data => this.#take(JSON.parse(String(data)) as Message))
  }

  /** Joins a room of a server. */
  static async join (origin: string, roomId: string, name = 'Plain'): Promise<PlainClient> {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws/${roomId}`)
    const client = new PlainClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('message', () => resolve())
      socket.once('error', reject)
      socket.once('close', code => reject(new Error(`the socket was closed with ${code}`)))
    })
    client.#send({ type: 'hello', name })
    return client
  }

  async shows (text: string): Promise<void> {
    await becomes('the text of the plain client', () => this.code, text)
  }

  async seesLanguage (id: string): Promise<void> {
    await becomes('the language of the plain client', () => this.language, id)
  }

  choosesLanguage (language: string): void {
    this.#send({ type: 'language_change', language })
  }

  close (): void {
    this.socket.close()
  }

  /** Says where its cursor is. */
  pointsAt (line: number, column: number): void {
    this.#send({ type: 'cursor_move', line, column })
  }

  #send (message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  #take (message: Message): void {
    if (message.code !== undefined && (message.type === 'init' || message.type === 'code_update')) this.code = message.code
    if (message.language !== undefined && (message.type === 'init' || message.type === 'language_changed')) this.language = message.language
  }
}
