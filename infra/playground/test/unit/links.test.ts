import { describe, expect, test } from 'vitest'
import { parseRoom, roomLink, roomOf } from '../../src/links'

describe('parseRoom', () => {
  test.each([
    ['a972ed', 'a972ed'],
    ['  a972ed\n', 'a972ed'],
    ['A972ED', 'a972ed'],
    ['/a972ed', 'a972ed'],
    ['#a972ed', 'a972ed'],
    ['https://tutti.example/a972ed', 'a972ed'],
    ['https://tutti.example/a972ed/', 'a972ed'],
    ['https://tutti.example/a972ed?from=mail', 'a972ed'],
    ['https://tutti.example/#a972ed', 'a972ed'],
    ['https://tutti.example/#/a972ed', 'a972ed'],
    ['tutti.example/a972ed', 'a972ed'],
    ['localhost:8000/a972ed', 'a972ed'],
    ['wss://relay.example/yjs/a972ed', 'a972ed'],
    ['<https://tutti.example/a972ed>', 'a972ed'],
    ['0123456789abcdef0123456789abcdef', '0123456789abcdef0123456789abcdef']
  ])('%s is room %s', (input, id) => expect(parseRoom(input)).toBe(id))

  test.each(['', '   ', 'a972e', 'a972-ed', 'two words', 'https://tutti.example', 'https://example/', 'x'.repeat(33), 'https://tutti.example/a9'])(
    '%j is no room', input => expect(parseRoom(input)).toBeNull())
})

describe('roomOf', () => {
  test.each([
    ['/a972ed', '', { id: 'a972ed', form: 'path' }],
    ['/', '#a972ed', { id: 'a972ed', form: 'hash' }],
    ['/index.html', '#A972ED', { id: 'a972ed', form: 'hash' }],
    ['/a972ed', '#editor', { id: 'a972ed', form: 'path' }], // a link within the page
    ['/', '', null],
    ['/', '#top', null],
    ['/index.html', '', null],
    ['/no', '', { id: 'no', form: 'path' }] // no room's, which the caller says
  ])('%s%s', (pathname, hash, room) => expect(roomOf({ pathname, hash })).toEqual(room))
})

test('a link leads back to its room, in both forms', () => {
  for (const form of ['path', 'hash'] as const) {
    const { pathname, hash } = new URL(roomLink('https://tutti.example', 'a972ed', form))
    expect(roomOf({ pathname, hash })).toEqual({ id: 'a972ed', form })
  }
})
