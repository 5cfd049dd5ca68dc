import { expect, test } from 'vitest'
import { createRoom, roomExists, TuttiError } from '../src/index.js'
import { retryAfter } from '../src/create.js'

const room = { room_id: 'a972ed', join_url: 'j', ws_url: 'w', yjs_url: 'y', expires_in: 7200 }

/** A fetch that answers so, and remembers what it was asked. */
function answering (body: string, init: ResponseInit = {}): { fetch: typeof fetch, asked: Array<[string, RequestInit]> } {
  const asked: Array<[string, RequestInit]> = []
  return {
    asked,
    fetch: async (url, options) => {
      asked.push([String(url), options ?? {}])
      return new Response(body, init)
    }
  }
}

test('Only what is given of a new room is said', async () => {
  const { fetch, asked } = answering(JSON.stringify(room), { status: 201 })
  expect(await createRoom('https://api.test/v1//', { language: 'go', fetch })).toEqual({
    roomId: 'a972ed', joinUrl: 'j', wsUrl: 'w', yjsUrl: 'y', expiresIn: 7200
  })
  await createRoom(new URL('https://api.test'), { fetch })
  expect(asked.map(([url, { method, body }]) => [url, method, body])).toEqual([
    ['https://api.test/v1/rooms', 'POST', '{"language":"go"}'],
    ['https://api.test/rooms', 'POST', '{}']
  ])
})

test('An id can be anything', async () => {
  const { fetch, asked } = answering('{"exists":false}')
  expect(await roomExists('', '../a b', { fetch })).toBe(false)
  expect(asked[0]?.[0]).toBe('/rooms/..%2Fa%20b/exists')
})

test.each([
  ['a problem', '{"title":"Too Many Requests","detail":"slower","code":"rate"}', { status: 429, headers: { 'Retry-After': '7' } },
    { message: 'slower', status: 429, code: 'rate', retryAfterMs: 7000 }],
  ['a title alone', '{"title":"Bad"}', { status: 400 }, { message: 'Bad', code: undefined }],
  ['a page of a proxy', '<html>', { status: 502 }, { message: 'the server answered 502', status: 502 }],
  ['no object', '[]', { status: 500 }, { message: 'the server answered 500' }],
  ['an answer that is no JSON', '<html>', { status: 200 }, { code: 'unreadable' }],
  ['an answer of another form', '{"room_id":1}', { status: 200 }, { code: 'unreadable' }]
])('A refusal is a TuttiError: %s', async (_, body, init, error) => {
  const made = createRoom('https://api.test', answering(body, init))
  await expect(made).rejects.toBeInstanceOf(TuttiError)
  await expect(made).rejects.toMatchObject(error)
})

test('A server that cannot be reached is a TuttiError, and has its cause', async () => {
  const cause = new TypeError('fetch failed')
  const made = createRoom('https://api.test', { fetch: async () => { throw cause } })
  await expect(made).rejects.toMatchObject({ name: 'TuttiError', code: 'network', cause })
})

test('Who takes a request back gets the reason for that', async () => {
  const reason = new Error('enough')
  await expect(createRoom('http://127.0.0.1:1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('Retry-After has seconds, or a date', () => {
  expect(retryAfter('2')).toBe(2000)
  expect(retryAfter(new Date(Date.now() - 1000).toUTCString())).toBe(0)
  const later = retryAfter(new Date(Date.now() + 60_000).toUTCString())
  expect(later).toBeGreaterThan(50_000)
  expect(later).toBeLessThanOrEqual(60_000)
  for (const nothing of [null, '', ' ', 'soon', '-1.5x']) expect(retryAfter(nothing)).toBeUndefined()
})
