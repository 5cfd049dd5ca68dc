/**
 * Suggestions how a text goes on, from POST /rooms/autocomplete.
 *
 * One source serves one editor: it has at most one request under way and one
 * question waiting for the typing to pause.
 */
import { retryAfter } from './create.js'
import { callOut, TuttiError } from './errors.js'

/** Text that may be inserted, and where. Positions are UTF-16 offsets into the text asked about. */
export interface Suggestion {
  /** What to insert, never empty. Lines end with a line feed. */
  readonly text: string
  /** Where to insert it. */
  readonly position: number
  /** What another form of the suggestion would replace, when the server says so. */
  readonly range?: { readonly from: number, readonly to: number }
}

/** A text, and the place in it where the user types. */
export interface Question {
  /** The whole text. */
  readonly code: string
  /** Where the cursor is, as a UTF-16 offset. */
  readonly position: number
  /** Language of the text, such as python. */
  readonly language: string
  /** Takes the question back: it resolves to null. */
  readonly signal?: AbortSignal
  /** The user asked for it: do not wait for the typing to pause. */
  readonly immediate?: boolean
}

/** Where an editor gets its suggestions. */
export interface SuggestionSource {
  /**
   * Answers with a suggestion, or null when there is none, when the question
   * was taken back or a newer one came, or when the server cannot answer now.
   */
  ask (question: Question): Promise<Suggestion | null>
}

/** How a source asks. */
export interface SuggestionOptions {
  /** For how long the typing must pause before the server is asked, in milliseconds. Default 300. */
  readonly debounceMs?: number
  /** For how long an answer is awaited, in milliseconds. Default 5000. */
  readonly timeoutMs?: number
  /** Nothing is asked about texts with more UTF-16 code units. Default 262144. */
  readonly maxUnits?: number
  /** The room that the texts are of: a server that keeps its document open answers faster. */
  readonly roomId?: string
  /** Used instead of the global fetch. */
  readonly fetch?: typeof fetch
  /** Told of each failure but a rate limit; the source itself goes on after a pause. */
  readonly onError?: (error: TuttiError) => void
}

/** The first pause after a failure, in milliseconds. It doubles with each further one. */
const minPauseMs = 1000
const maxPauseMs = 30_000

/**
 * Returns a source that asks the server of `api`, the base URL of its API.
 *
 * A question waits until no newer one came for `debounceMs`. A request under way
 * is cancelled when the next one is sent, not before: its answer may still hold
 * for what was typed since. After a rate limit, questions resolve to null until
 * the time the server named; after other failures, during a growing pause.
 */
export function suggestions (api: string | URL, options: SuggestionOptions = {}): SuggestionSource {
  return new HttpSource(`${String(api).replace(/\/+$/, '')}/rooms/autocomplete`, options)
}

class HttpSource implements SuggestionSource {
  readonly #url: string
  readonly #options: SuggestionOptions
  /** The question that waits for a pause. */
  #waiting: AbortController | undefined
  /** The request under way. */
  #asking: AbortController | undefined
  #failures = 0
  /** Nothing is asked before, on the clock of performance.now(). */
  #quietUntil = 0

  constructor (url: string, options: SuggestionOptions) {
    this.#url = url
    this.#options = options
  }

  async ask (question: Question): Promise<Suggestion | null> {
    const { debounceMs = 300, maxUnits = 262_144 } = this.#options
    this.#waiting?.abort()
    const cancel = new AbortController()
    this.#waiting = cancel
    const release = follow(question.signal, cancel)
    try {
      if (!question.immediate) await pause(debounceMs, cancel.signal)
      if (cancel.signal.aborted) return null
      this.#asking?.abort()
      this.#waiting = undefined
      this.#asking = cancel
      if (question.code.length > maxUnits || performance.now() < this.#quietUntil) return null
      return await this.#request(question, cancel)
    } finally {
      release()
      if (this.#waiting === cancel) this.#waiting = undefined
      if (this.#asking === cancel) this.#asking = undefined
    }
  }

  async #request (question: Question, cancel: AbortController): Promise<Suggestion | null> {
    const { timeoutMs = 5000 } = this.#options
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      cancel.abort()
    }, timeoutMs)
    try {
      const suggestion = await this.#exchange(question, cancel.signal)
      return cancel.signal.aborted ? null : suggestion
    } catch (cause) {
      if (cancel.signal.aborted && !timedOut) return null
      const late = `no answer within ${timeoutMs} ms`
      this.#fail(timedOut ? new TuttiError(late, { code: 'network', cause }) : asError(cause))
      return null
    } finally {
      clearTimeout(timer)
    }
  }

  async #exchange (question: Question, signal: AbortSignal): Promise<Suggestion | null> {
    const fetch = this.#options.fetch ?? globalThis.fetch
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({
        code: question.code,
        cursor_position: question.position,
        language: question.language,
        max_suggestions: 1, // says that newer kinds of answers are understood
        room_id: this.#options.roomId
      }),
      signal
    })
    if (response.status === 200) {
      const suggestion = readSuggestion(await response.json(), question)
      this.#failures = 0
      return suggestion
    }
    await response.body?.cancel()
    if (response.status === 404) this.#failures = 0
    else this.#refused(response)
    return null
  }

  /** Keeps quiet for as long as the server wants, and reports what is no rate limit. */
  #refused (response: Response): void {
    const { status } = response
    const retryAfterMs = retryAfter(response.headers.get('Retry-After'))
    if (status !== 429) this.#fail(new TuttiError(`the server answered ${status}`, { status, retryAfterMs }))
    else if (retryAfterMs === undefined) this.#keepQuiet(this.#nextPauseMs())
    if (retryAfterMs !== undefined) this.#keepQuiet(retryAfterMs)
  }

  #fail (error: TuttiError): void {
    this.#keepQuiet(this.#nextPauseMs())
    callOut(() => this.#options.onError?.(error))
  }

  #nextPauseMs (): number {
    return Math.min(minPauseMs * 2 ** this.#failures++, maxPauseMs)
  }

  #keepQuiet (ms: number): void {
    this.#quietUntil = Math.max(this.#quietUntil, performance.now() + ms)
  }
}

/** Aborts `cancel` when `signal` is aborted. Returns what ends that. */
function follow (signal: AbortSignal | undefined, cancel: AbortController): () => void {
  if (signal === undefined) return () => {}
  const abort = () => cancel.abort()
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return () => signal.removeEventListener('abort', abort)
}

/** Resolves after some time, or as soon as the signal is aborted. */
function pause (ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

/** Reads an answer. Fields that it does not know are left alone: there may be more of them one day. */
function readSuggestion (answer: unknown, question: Question): Suggestion | null {
  if (!isRecord(answer)) throw unreadable()
  const { suggestion, insert_position: position, range } = answer
  if (typeof suggestion !== 'string' || !isOffset(position, question)) {
    throw unreadable()
  }
  if (suggestion === '') return null
  const text = suggestion.replace(/\r\n?/g, '\n')
  const { start: from, end: to } = isRecord(range) ? range : {}
  if (!isOffset(from, question) || !isOffset(to, question) || from > to) return { text, position }
  return { text, position, range: { from, to } }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isOffset (value: unknown, { code }: Question): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= code.length
}

function asError (cause: unknown): TuttiError {
  if (cause instanceof TuttiError) return cause
  if (cause instanceof SyntaxError) return unreadable(cause)
  return new TuttiError('the server cannot be reached', { code: 'network', cause })
}

function unreadable (cause?: unknown): TuttiError {
  return new TuttiError('the answer is not one of Tutti', { code: 'unreadable', cause })
}
