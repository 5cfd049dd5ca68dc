import { expect, test } from 'vitest'
import { followedAfter, takesBack } from '../../src/follow'

test('choosing somebody follows, choosing the same again ends it', () => {
  expect(followedAfter(null, { type: 'choose', id: 7 })).toBe(7)
  expect(followedAfter(7, { type: 'choose', id: 8 })).toBe(8)
  expect(followedAfter(7, { type: 'choose', id: 7 })).toBeNull()
})

test('it ends by a stop, and when the person leaves', () => {
  expect(followedAfter(7, { type: 'stop' })).toBeNull()
  expect(followedAfter(7, { type: 'present', ids: [1, 2] })).toBeNull()
  expect(followedAfter(7, { type: 'present', ids: [1, 7] })).toBe(7)
  expect(followedAfter(null, { type: 'present', ids: [1, 7] })).toBeNull()
})

test('keys which do something take the view back, modifiers alone do not', () => {
  for (const key of ['a', 'Escape', 'ArrowDown', 'PageUp', 'Enter', 'Backspace']) expect(takesBack(key), key).toBe(true)
  for (const key of ['Shift', 'Control', 'Alt', 'Meta', 'Tab']) expect(takesBack(key), key).toBe(false)
})
