import { TuttiError } from './errors.js'

/** How a request is made. */
export interface RequestOptions {
  /** Used instead of the global `fetch`. */
  fetch?: typeof fetch
  /** Ends the request. The promise then rejects with the signal's reason. */
  signal?: AbortSignal
}

/** What a new room begins with. */
export interface CreateOptions extends RequestOptions {
  /** Language of the text: 1 to 32 of `a-z 0-9 . _ + # -`. */
  language?: string
  /** The text. */
  code?: string
}

/** A new room. */
export interface CreatedRoom {
  roomId: string
  /** Page of the room, to share. */
  joinUrl: string
  /** Socket of the JSON protocol. */
  wsUrl: string
  /** Socket of the Yjs protocol, for `joinRoom`. */
  yjsUrl: string
  /** Seconds without activity after which the room is gone. */
  expiresIn: number
}

/** Makes a room. `api` is where the functions are, like `https://api.example.org`. */
export async function createRoom (api: string | URL, options: CreateOptions = {}): Promise<CreatedRoom> {
  const { language, code } = options
  const answer = await request(api, 'rooms', options, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ language, code })
  })
  return {
    roomId: field(answer, 'room_id', 'string'),
    joinUrl: field(answer, 'join_url', 'string'),
    wsUrl: field(answer, 'ws_url', 'string'),
    yjsUrl: field(answer, 'yjs_url', 'string'),
    expiresIn: field(answer, 'expires_in', 'number')
  }
}

/** Tells whether there is a room of this id, whatever the id looks like. */
export async function roomExists (api: string | URL, roomId: string, options: RequestOptions = {}): Promise<boolean> {
  const answer = await request(api, `rooms/${encodeURIComponent(roomId)}/exists`, options, {})
  return field(answer, 'exists', 'boolean')
}

async function request (api: string | URL, path: string, options: RequestOptions, init: RequestInit): Promise<unknown> {
  const send = options.fetch ?? fetch
  const signal = options.signal ?? null
  try {
    const response = await send(`${String(api).replace(/\/+$/, '')}/${path}`, { ...init, signal })
    if (!response.ok) throw await refusal(response)
    return await response.json()
  } catch (error) {
    if (signal?.aborted === true || error instanceof TuttiError) throw error
    if (error instanceof SyntaxError) throw unreadable(error)
    throw new TuttiError('the server cannot be reached', { code: 'network', cause: error })
  }
}

/** Makes an error of an answer that says no, which is a problem document if it is the server's. */
async function refusal (response: Response): Promise<TuttiError> {
  const problem = parsed(await response.text())
  const said = (name: string): string | undefined => {
    const value = problem[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return new TuttiError(said('detail') ?? said('title') ?? `the server answered ${response.status}`, {
    status: response.status,
    code: said('code'),
    retryAfterMs: retryAfter(response.headers.get('Retry-After'))
  })
}

/** Parses what may be a problem document. A proxy on the way may have written anything. */
function parsed (text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Reads a Retry-After header, which has seconds or a date, as milliseconds from now. */
export function retryAfter (header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

interface Kinds { string: string, number: number, boolean: boolean }

function field<K extends keyof Kinds> (answer: unknown, name: string, kind: K): Kinds[K] {
  const value = isObject(answer) ? answer[name] : undefined
  if (typeof value !== kind) throw unreadable()
  return value as Kinds[K]
}

function unreadable (cause?: unknown): TuttiError {
  return new TuttiError('the answer is not one of Tutti', { code: 'unreadable', cause })
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
