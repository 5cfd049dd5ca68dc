import { describe, expect, test } from 'vitest'
import { readProfile } from '../../src/profile'
import { ago, readRooms, withRoom } from '../../src/recent-rooms'

describe('a profile that was kept', () => {
  test('is read', () => {
    expect(readProfile({ name: ' Ada ', color: '#24B792', asked: true })).toEqual({ name: 'Ada', color: '#24B792', asked: true })
  })
  test('loses what is no colour', () => {
    expect(readProfile({ name: 'Ada', color: 'url(x)' })).toEqual({ name: 'Ada', color: null, asked: false })
  })
  test.each([[null], ['Ada'], [{}], [{ name: '  ' }], [{ name: 7 }], [[]]])('%j is none', value => expect(readProfile(value)).toBeNull())
})

describe('recent rooms', () => {
  const room = (id: string, at = 0) => ({ id, language: 'go', at })

  test('have the newest first, each once, and not too many', () => {
    let rooms = [room('aaaaaa'), room('bbbbbb')]
    rooms = withRoom(rooms, room('bbbbbb', 5))
    expect(rooms).toEqual([room('bbbbbb', 5), room('aaaaaa')])
    for (let i = 0; i < 20; i++) rooms = withRoom(rooms, room(`room${i}00`))
    expect(rooms).toHaveLength(6)
    expect(rooms[0]).toEqual(room('room1900'))
  })

  test('are read without what is no room', () => {
    expect(readRooms([room('aaaaaa'), null, 'x', { id: '../etc' }, { id: 'bbbbbb', language: 1, at: 0 }])).toEqual([room('aaaaaa')])
    expect(readRooms({})).toBeNull()
  })

  test.each([
    [0, 'just now'], [59e3, 'just now'], [60e3, '1 min ago'], [3599e3, '59 min ago'], [3600e3, '1 hour ago'],
    [7200e3, '2 hours ago'], [86400e3, 'yesterday'], [3 * 86400e3, '3 days ago'], [-5e3, 'just now']
  ])('%i ms ago is %s', (ms, words) => expect(ago(1e12 - ms, 1e12)).toBe(words))
})
