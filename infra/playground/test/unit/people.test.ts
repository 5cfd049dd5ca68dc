import { describe, expect, test } from 'vitest'
import { plainColor } from '../../src/colors'
import { changesInWords, peopleIn, personOf, type Person } from '../../src/people'

const state = (name: string, color = '#C72626') => ({ user: { name, color } })
const person = (id: number, name: string, you = false): Person => ({ id, name, color: '#C72626', you })

test('you come first, the others as they came', () => {
  const people = peopleIn(new Map([[3, state('Ada')], [1, state('Lin')], [2, state('Me')]]), 2)
  expect(people.map(one => one.name)).toEqual(['Me', 'Ada', 'Lin'])
  expect(people.map(one => one.you)).toEqual([true, false, false])
})

describe('what others may have put into their state', () => {
  test.each([[null], ['text'], [7], [[]]])('%j is nobody', value => expect(personOf(1, value, 2)).toBeNull())

  test.each([
    [{}],
    [{ user: null }],
    [{ user: { name: 7, color: 7 } }],
    [{ user: { name: ' \n ', color: 'red' } }],
    [{ user: { name: '', color: '#fff; background: url(https://elsewhere.example)' } }]
  ])('%j is a guest without a colour', value => {
    expect(personOf(1, value, 2)).toEqual({ id: 1, name: 'Guest', color: plainColor, you: false })
  })
})

describe('changesInWords', () => {
  const you = person(1, 'Me', true)
  test.each([
    [[you], [you], ''],
    [[], [you], ''],
    [[you], [you, person(2, 'Ada')], 'Ada joined.'],
    [[you, person(2, 'Ada')], [you], 'Ada left.'],
    [[you, person(2, 'Ada')], [you, person(2, 'Ada L.')], ''], // the same person with another name
    [[you], [you, person(2, 'Ada'), person(3, 'Lin')], 'Ada and Lin joined.'],
    [[you, person(2, 'Ada')], [you, person(3, 'Lin')], 'Lin joined. Ada left.'],
    [[you], [you, ...[2, 3, 4, 5].map(id => person(id, `P${id}`))], '4 people joined.']
  ])('case %#', (before, after, said) => expect(changesInWords(before, after)).toBe(said))
})
