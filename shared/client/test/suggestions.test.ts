import { getEventListeners } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TuttiError } from '../src/errors.js'
import { suggestions, type SuggestionOptions, type SuggestionSource } from '../src/suggestions.js'
import { hang, nothing, suggest, SuggestionServer } from './suggestion-server.js'
import { missing, Tutti } from './tutti.js'

const code = 'été 😀\nfor '
const question = { code, position: code.length, language: 'python' }
const now = { ...question, immediate: true }

describe('a source', () => {
  let server: SuggestionServer
  let errors: TuttiError[]

  beforeEach(async () => {
    server = await SuggestionServer.start()
    errors = []
  })

  afterEach(async () => {
    vi.useRealTimers()
    await server.stop()
  })

  function source (options: SuggestionOptions = {}) {
    return suggestions(server.url, { debounceMs: 10, onError: error => errors.push(error), ...options })
  }

  test('asks about the text and the cursor, and hands back where to insert what', async () => {
    server.behaviour = suggest('x in y:\n    pass')
    expect(await source().ask(question)).toEqual({ text: 'x in y:\n    pass', position: 11 })
    const [asked] = server.requests
    expect([asked?.method, asked?.url]).toEqual(['POST', '/rooms/autocomplete'])
    expect(asked?.body).toEqual({ code, cursor_position: 11, language: 'python', max_suggestions: 1 })
  })

  test('finds an API below a path, with a slash at the end or without', async () => {
    for (const base of [`${server.url}/api`, new URL(`${server.url}/api/`)]) await suggestions(base).ask(now)
    expect(server.requests.map(asked => asked.url)).toEqual(['/api/rooms/autocomplete', '/api/rooms/autocomplete'])
  })

  test('asks once when the typing pauses, and only about the newest text', async () => {
    vi.useFakeTimers()
    const bodies: unknown[] = []
    const asker = source({
      debounceMs: 300,
      fetch: async (_, init) => {
        bodies.push(JSON.parse(String(init?.body)).code)
        return Response.json({ suggestion: 'tail', insert_position: 3 })
      }
    })
    const answers = ['f', 'fo', 'for'].map(code => {
      const answer = asker.ask({ ...question, code, position: code.length })
      vi.advanceTimersByTime(299)
      return answer
    })
    expect(bodies).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await Promise.all(answers)).toEqual([null, null, { text: 'tail', position: 3 }])
    expect(bodies).toEqual(['for'])
  })

  test('does not wait when the user asks', async () => {
    server.behaviour = suggest('tail')
    expect(await source({ debounceMs: 1 << 30 }).ask(now)).not.toBeNull()
  })

  test('a newer question cancels the request of the older', async () => {
    server.behaviour = hang
    const asker = source()
    const older = asker.ask(question)
    const { abandoned } = await server.request(0)
    server.behaviour = suggest('tail')
    expect(await asker.ask(question)).not.toBeNull()
    expect(await older).toBeNull()
    await abandoned
    expect(errors).toEqual([])
  })

  test('an older request may still be answered while the newer question waits', async () => {
    server.behaviour = hang
    const asker = source({ debounceMs: 60 })
    const older = asker.ask({ ...question, immediate: true })
    const asked = await server.request(0)
    server.behaviour = nothing
    const newer = asker.ask(question)
    suggest('tail')(asked)
    expect(await older).toEqual({ text: 'tail', position: 11 })
    expect(await newer).toBeNull()
  })

  test('a question can be taken back before it was asked, while it waits, and while it is under way', async () => {
    server.behaviour = hang
    const asker = source()
    expect(await asker.ask({ ...now, signal: AbortSignal.abort() })).toBeNull()

    const waiting = new AbortController()
    const unasked = asker.ask({ ...question, signal: waiting.signal })
    waiting.abort()
    expect(await unasked).toBeNull()
    expect(server.requests).toHaveLength(0)

    const asking = new AbortController()
    const asked = asker.ask({ ...question, signal: asking.signal })
    const { abandoned } = await server.request(0)
    asking.abort()
    expect(await asked).toBeNull()
    await abandoned
    expect(errors).toEqual([])
    expect(getEventListeners(asking.signal, 'abort')).toEqual([])
  })

  test('404 is no suggestion and no error, and does not keep it quiet', async () => {
    const asker = source()
    expect(await asker.ask(now)).toBeNull()
    expect(await asker.ask(now)).toBeNull()
    expect(server.requests).toHaveLength(2)
    expect(errors).toEqual([])
  })

  test.each([
    ['some seconds', () => '7', 7000],
    ['a date', () => new Date(Math.ceil(Date.now() / 1000) * 1000 + 7000).toUTCString(), 8000],
    ['no time, for a second', () => undefined, 1000]
  ])('after a rate limit with %s it is quiet until then', async (_, retryAfter, quietMs) => {
    const clock = fakeClock()
    server.behaviour = asked => {
      const header = retryAfter()
      asked.answer(429, {}, header === undefined ? {} : { 'Retry-After': header })
    }
    const asker = source()
    expect(await asker.ask(question)).toBeNull()
    server.behaviour = suggest('tail')
    clock.advance(quietMs / 2)
    expect(await asker.ask(now)).toBeNull()
    expect(server.requests).toHaveLength(1)
    clock.advance(quietMs / 2)
    expect(await asker.ask(now)).not.toBeNull()
    expect(errors).toEqual([])
  })

  test('after errors it pauses, longer each time but at most 30 s, until an answer is right again', async () => {
    const clock = fakeClock()
    server.behaviour = asked => asked.answer(500)
    const asker = source()
    await asker.ask(now)
    const pauses: number[] = []
    while (pauses.length < 7) pauses.push(await pauseOf(asker, clock))
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(errors.map(error => error.status)).toEqual(Array(8).fill(500))

    for (const right of [nothing, suggest('x')]) {
      server.behaviour = right
      await pauseOf(asker, clock)
      server.behaviour = asked => asked.answer(500)
      await asker.ask(now)
      expect(await pauseOf(asker, clock)).toBe(1000)
    }
  })

  test('a server that is ill may ask for a longer pause', async () => {
    const clock = fakeClock()
    server.behaviour = asked => asked.answer(503, {}, { 'Retry-After': '9' })
    const asker = source()
    await asker.ask(now)
    expect(errors).toMatchObject([{ status: 503, retryAfterMs: 9000 }])
    expect(await pauseOf(asker, clock)).toBe(9000)
  })

  /** Asks every half second until a question reaches the server, and returns after how long that was. */
  async function pauseOf (asker: SuggestionSource, clock: Clock): Promise<number> {
    const before = server.requests.length
    let ms = 0
    while (server.requests.length === before) {
      clock.advance(500)
      ms += 500
      await asker.ask(now)
    }
    return ms
  }

  test.each([
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['no suggestion', { insert_position: 0 }],
    ['a suggestion that is no text', { suggestion: 7, insert_position: 0 }],
    ['no position', { suggestion: 'x' }],
    ['a position that is no number', { suggestion: 'x', insert_position: '3' }],
    ['half a position', { suggestion: 'x', insert_position: 1.5 }],
    ['a position before the text', { suggestion: 'x', insert_position: -1 }],
    ['a position behind the text', { suggestion: 'x', insert_position: 12 }]
  ])('an answer with %s is an error', async (_, body) => {
    server.behaviour = asked => asked.answer(200, body)
    expect(await source().ask(now)).toBeNull()
    expect(errors).toMatchObject([{ name: 'TuttiError', code: 'unreadable' }])
  })

  test.each([
    ['nothing to insert', { suggestion: '', insert_position: 0 }, null],
    ['foreign line ends', { suggestion: 'a\r\nb\rc', insert_position: 0 }, { text: 'a\nb\nc', position: 0 }],
    ['a range', { suggestion: 'x', insert_position: 11, range: { start: 7, end: 11 } }, { text: 'x', position: 11, range: { from: 7, to: 11 } }],
    ['a range outside of the text', { suggestion: 'x', insert_position: 2, range: { start: 7, end: 12 } }, { text: 'x', position: 2 }],
    ['a range from end to start', { suggestion: 'x', insert_position: 2, range: { start: 7, end: 6 } }, { text: 'x', position: 2 }],
    ['fields of later', { suggestion: 'x', insert_position: 2, range: null, candidates: [{}], kind: 1 }, { text: 'x', position: 2 }]
  ])('an answer with %s is understood', async (_, body, want) => {
    server.behaviour = asked => asked.answer(200, body)
    expect(await source().ask(now)).toEqual(want)
    expect(errors).toEqual([])
  })

  test('does not wait for the end of a refusal', async () => {
    server.behaviour = asked => asked.begin(500)
    expect(await source().ask(now)).toBeNull()
    await (await server.request(0)).abandoned
    expect(errors).toMatchObject([{ status: 500 }])
  })

  test('gives up a server that hangs', async () => {
    server.behaviour = hang
    let signal: AbortSignal | null | undefined
    const watched: typeof fetch = (url, init) => {
      signal = init?.signal
      return fetch(url, init)
    }
    expect(await source({ timeoutMs: 50, fetch: watched }).ask(now)).toBeNull()
    expect(signal?.aborted).toBe(true)
    expect(errors).toMatchObject([{ code: 'network', message: 'no answer within 50 ms' }])
  })

  test('reports a server that is not there', async () => {
    const lonely = source()
    await server.stop()
    expect(await lonely.ask(now)).toBeNull()
    expect(errors).toMatchObject([{ code: 'network', cause: expect.any(TypeError) }])
    server = await SuggestionServer.start()
  })

  test('asks nothing about a text that is too long', async () => {
    const asker = source({ maxUnits: 4 })
    expect(await asker.ask({ ...now, code: '12345', position: 5 })).toBeNull()
    expect(await asker.ask({ ...now, code: '1234', position: 4 })).toBeNull()
    expect(server.requests.map(asked => asked.body.code)).toEqual(['1234'])
  })

  test('asks with the fetch it is given', async () => {
    const given = vi.fn<typeof fetch>(async () => Response.json({ suggestion: 'x', insert_position: 1 }))
    expect(await source({ fetch: given }).ask(now)).toEqual({ text: 'x', position: 1 })
    expect(given).toHaveBeenCalledOnce()
    expect(server.requests).toHaveLength(0)
  })
})

describe.skipIf(missing() !== null)('the functions of Tutti', () => {
  let tutti: Tutti

  beforeAll(async () => {
    // That is 5 questions, and one more every 20 seconds.
    tutti = await Tutti.start({ AUTOCOMPLETE_RATE: '0.05' })
  })

  afterAll(async () => await tutti.end())

  test('suggest a loop behind text beyond the Basic Multilingual Plane', async () => {
    expect(await suggestions(tutti.url).ask(question)).toMatchObject({ text: 'item in items:\n    pass', position: 11 })
  })

  test('suggest nothing for a language they do not know', async () => {
    const onError = vi.fn()
    expect(await suggestions(tutti.url, { onError }).ask({ ...now, language: 'klingon' })).toBeNull()
    expect(onError).not.toHaveBeenCalled()
  })

  test('say when they were asked too often, and for how long to be quiet', async () => {
    const onError = vi.fn()
    const statuses: number[] = []
    const asker = suggestions(tutti.url, {
      onError,
      fetch: async (...request) => {
        const response = await fetch(...request)
        statuses.push(response.status)
        return response
      }
    })
    for (let n = 0; n < 6; n++) await asker.ask(now)
    expect(statuses).toEqual([200, 200, 200, 429])
    expect(onError).not.toHaveBeenCalled()
  })
})

interface Clock { advance (ms: number): void }

/** A clock that only tells the time: timers go on as they do. */
function fakeClock (): Clock {
  vi.useFakeTimers({ toFake: ['performance'] })
  return { advance: (ms: number) => vi.advanceTimersByTime(ms) }
}
