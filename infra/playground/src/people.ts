import { isHexColor, plainColor } from './colors'
import { tidyName } from './names'
import { isRecord } from './storage'

/** Somebody in the room, as others see them. */
export interface Person {
  id: number // of the connection: somebody in two windows is there twice
  name: string
  color: string // like #C72626
  you: boolean
}

/** Everybody in the room, by the awareness states: you first, then as they came. */
export function peopleIn (states: ReadonlyMap<number, unknown>, you: number): Person[] {
  const people: Person[] = []
  for (const [id, state] of states) {
    const person = personOf(id, state, you)
    if (person === null) continue
    if (person.you) people.unshift(person)
    else people.push(person)
  }
  return people
}

/** The person of an awareness state, in which others may have put anything. */
export function personOf (id: number, state: unknown, you: number): Person | null {
  if (!isRecord(state)) return null
  const user = isRecord(state.user) ? state.user : {}
  const name = typeof user.name === 'string' ? tidyName(user.name) : ''
  const color = user.color
  return {
    id,
    name: name === '' ? 'Guest' : name,
    color: typeof color === 'string' && isHexColor(color) ? color : plainColor,
    you: id === you
  }
}

/** Who came and who went between two moments, in words; empty when nobody did. */
export function changesInWords (before: readonly Person[], after: readonly Person[]): string {
  const missing = (from: readonly Person[], among: readonly Person[]) =>
    from.filter(person => !person.you && !among.some(other => other.id === person.id)).map(person => person.name)
  const said = [[missing(after, before), 'joined'], [missing(before, after), 'left']] as const
  return said.filter(([names]) => names.length > 0).map(([names, verb]) => `${inWords(names)} ${verb}.`).join(' ')
}

function inWords (names: string[]): string {
  return names.length > 3 ? `${names.length} people` : new Intl.ListFormat('en').format(names)
}
