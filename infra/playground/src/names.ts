const moods = [
  'Brave', 'Bright', 'Calm', 'Cheerful', 'Clever', 'Curious', 'Dapper', 'Eager', 'Gentle', 'Happy', 'Honest', 'Humble',
  'Jolly', 'Keen', 'Kind', 'Lively', 'Lucky', 'Mellow', 'Nimble', 'Patient', 'Playful', 'Polite', 'Quick', 'Quiet',
  'Sunny', 'Swift', 'Tidy', 'Warm', 'Wise', 'Witty'
]
const animals = [
  'Badger', 'Beaver', 'Crane', 'Dolphin', 'Falcon', 'Ferret', 'Finch', 'Fox', 'Gecko', 'Hare', 'Hedgehog', 'Heron',
  'Ibis', 'Jay', 'Koala', 'Lark', 'Lemur', 'Lynx', 'Magpie', 'Marten', 'Otter', 'Owl', 'Panda', 'Puffin', 'Robin',
  'Seal', 'Sparrow', 'Stork', 'Tapir', 'Wombat'
]

/** Names longer than this are cut, so that they fit beside a caret. In characters. */
export const maxNameLength = 32

/** A friendly name for somebody who gave none, such as Curious Otter. */
export function friendlyName (random: () => number = Math.random): string {
  const pick = (words: string[]) => words[Math.floor(random() * words.length)] ?? ''
  return `${pick(moods)} ${pick(animals)}`
}

/** A name as it is shown: on one line, without space around it, not too long. */
export function tidyName (name: string): string {
  const plain = name.replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim()
  return [...plain].slice(0, maxNameLength).join('').trim()
}

/** One or two letters that stand for a name. */
export function initials (name: string): string {
  const words = tidyName(name).split(' ').filter(word => /[\p{L}\p{N}]/u.test(word))
  const letters = words.map(word => [...word].find(char => /[\p{L}\p{N}]/u.test(char)) ?? '')
  const [first = '?'] = letters
  const last = letters.length > 1 ? letters.at(-1) ?? '' : ''
  return (first + last).toUpperCase()
}
