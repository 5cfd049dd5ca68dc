import { expect, test } from 'vitest'
import { friendlyName, initials, maxNameLength, tidyName } from '../../src/names'

test('a friendly name has two words, and is one that may be kept', () => {
  for (let i = 0; i < 1000; i++) {
    const name = friendlyName(() => i / 1000)
    expect(name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/)
    expect(tidyName(name)).toBe(name)
  }
})

test.each([
  ['  Ada   Lovelace ', 'Ada Lovelace'],
  ['Ada\nLovelace', 'Ada Lovelace'],
  ['Ada\u202eecalevoL', 'Ada ecalevoL'], // a sign which turns the direction of text around
  ['\u200b\u00a0', ''],
  ['😀'.repeat(40), '😀'.repeat(maxNameLength)] // characters, not halves of them
])('%j is tidied', (name, tidy) => expect(tidyName(name)).toBe(tidy))

test.each([
  ['Ada Lovelace', 'AL'],
  ['ada', 'A'],
  ['Ada King Lovelace', 'AL'],
  ['"Ada" (home)', 'AH'],
  ['李 明', '李明'],
  ['😀', '?'],
  ['', '?']
])('%j has the initials %s', (name, letters) => expect(initials(name)).toBe(letters))
