// Random values of every kind that yjs stores. All randomness of a session comes from one generator.
import * as prng from 'lib0/prng'
import * as Y from 'yjs'

export const upTo = (gen, most) => prng.int32(gen, 0, most)
export const chance = (gen, probability) => gen.next() < probability
export const oneOf = (gen, list) => list[upTo(gen, list.length - 1)]

// weighted picks a key of an object by its value; keys with weight 0 are never picked.
export function weighted (gen, weights) {
  const entries = Object.entries(weights)
  let at = gen.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [key, weight] of entries) {
    at -= weight
    if (at < 0) return key
  }
  return entries.find(([, weight]) => weight > 0)[0]
}

export function shuffled (gen, list) {
  const left = [...list]
  return list.map(() => left.splice(upTo(gen, left.length - 1), 1)[0])
}

const PIECES = [
  'a', 'b', 'c', 'xyz', 'hello ', ' ', '\n', '\r\n', '\t', 'é', 'e\u0301', 'ß', '中文', '\0', '\x7f', '\u0080', '\u07ff', '\u0800',
  '\ufeff', '\ufffd', '\uffff', '\u2028', '👾', 'a👾b', '👾👾', '👨‍👩‍👧', '\u{10000}', '\u{10ffff}', '🇪🇺', 'the quick brown fox'
]
const ASCII = ['a', 'b', 'c', 'xyz', 'hello ', '\n', '}']
const HALVES = ['\ud83d', '\udc7e', 'a\ud83d', '\udc7eb', '\udc7e\ud83d', '\ud83d\ud83d\udc7e', '\udfff', '\ud800']

// text is never empty. Of its styles, 'ascii' has no characters of two units, so nothing can be split;
// 'halves' has surrogates without their other half.
export function text (gen, style = 'any') {
  let s = ''
  do s += oneOf(gen, style === 'ascii' ? ASCII : style === 'halves' && chance(gen, 0.3) ? HALVES : PIECES)
  while (chance(gen, 0.25))
  return s
}

const NUMBERS = [
  0, -0, 1, -1, 63, 64, -64, 127, 128, 8191, 8192,
  2 ** 31 - 1, -(2 ** 31 - 1), 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53), 1e21, 0.5, -0.25, 0.1, Math.PI, 1e-320, Number.MAX_VALUE, NaN, Infinity, -Infinity
]
const BIG = [0n, 1n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]
export const KEYS = ['a', 'b', 'key', '', 'ü', '👾', '1', '0']

// plain is a value that JSON keeps: formats, embeds and the old JSON content hold nothing else.
export function plain (gen, depth = 0) {
  switch (upTo(gen, depth > 2 ? 4 : 6)) {
    case 0: return oneOf(gen, [null, true, false])
    case 1: return oneOf(gen, NUMBERS.filter(n => Number.isFinite(n) && !Object.is(n, -0)))
    case 2: case 3: case 4: return text(gen)
    case 5: return Array.from({ length: upTo(gen, 3) }, () => plain(gen, depth + 1))
    default: return object(gen, () => plain(gen, depth + 1))
  }
}

// any is a value of lib0's "any" encoding.
export function any (gen, depth = 0) {
  switch (upTo(gen, depth > 2 ? 6 : 8)) {
    case 0: return oneOf(gen, [null, undefined, true, false])
    case 1: case 2: return oneOf(gen, NUMBERS)
    case 3: return oneOf(gen, BIG)
    case 4: case 5: return text(gen, 'halves')
    case 6: return depth > 0 ? bytes(gen) : text(gen) // by itself it would be content of its own kind
    case 7: return Array.from({ length: upTo(gen, 3) }, () => any(gen, depth + 1))
    default: return object(gen, () => any(gen, depth + 1))
  }
}

const object = (gen, value) => Object.fromEntries(shuffled(gen, KEYS).slice(0, upTo(gen, 3)).map(key => [key, value()]))

export const bytes = gen => prng.uint8Array(gen, oneOf(gen, [0, 1, 5, 130]))

// type makes a shared type, often with something in it.
export function type (gen, depth = 0) {
  const inside = value => Array.from({ length: upTo(gen, depth > 1 ? 0 : 2) }, () => value(gen, depth + 1))
  switch (upTo(gen, 6)) {
    case 0: return Y.Array.from(inside(listable))
    case 1: return new Y.Map(inside(content).map((value, i) => [KEYS[i], value]))
    case 2: return chance(gen, 0.5) ? new Y.Text() : new Y.Text(text(gen, 'halves'))
    default: return node(gen, depth)
  }
}

// node makes a type of an XML tree.
export function node (gen, depth = 0) {
  const children = () => Array.from({ length: upTo(gen, depth > 1 ? 0 : 2) }, () => node(gen, depth + 1))
  switch (upTo(gen, 5)) {
    case 0: return new Y.XmlHook(oneOf(gen, ['hook', '👾']))
    case 1: case 2: {
      const t = new Y.XmlText()
      if (chance(gen, 0.7)) t.insert(0, text(gen, 'halves'), chance(gen, 0.3) ? { bold: true } : undefined)
      return t
    }
    case 3: {
      const fragment = new Y.XmlFragment()
      fragment.insert(0, children())
      return fragment
    }
    default: {
      const element = new Y.XmlElement(oneOf(gen, ['p', 'div', 'ü']))
      if (chance(gen, 0.5)) element.setAttribute(oneOf(gen, KEYS), text(gen))
      element.insert(0, children())
      return element
    }
  }
}

// listable is content that yjs takes into an array: by themselves it refuses these two there, not in a map.
export function listable (gen, depth = 0) {
  const value = content(gen, depth)
  return value === undefined || typeof value === 'bigint' ? [value] : value
}

// content is anything that a map may hold.
export function content (gen, depth = 0) {
  switch (weighted(gen, { any: 6, bytes: 1, type: depth > 1 ? 0 : 2, doc: 0.4 })) {
    case 'bytes': return bytes(gen)
    case 'type': return type(gen, depth)
    case 'doc': return new Y.Doc({ guid: 'doc-' + upTo(gen, 999), autoLoad: chance(gen, 0.2), meta: chance(gen, 0.3) ? plain(gen) : null })
    default: return any(gen)
  }
}
