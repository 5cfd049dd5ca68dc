// Properties of static/merge.js, on random texts. SEED repeats a run.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'

// By its text: without a package.json, not every Node takes a .js file for a module.
const source = readFileSync(new URL('static/merge.js', import.meta.url), 'utf8')
const { nearer, rebase, shift } = await import('data:text/javascript,' + encodeURIComponent(source))

const RUNS = 5000
const seed = Number(process.env.SEED ?? Date.now() % 1e9)
console.log(`SEED=${seed}`)

// mulberry32
let state = seed
function random () {
  state = (state + 0x6D2B79F5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const upTo = n => Math.floor(random() * (n + 1))
const from = (chars, longest) => Array.from({ length: upTo(longest) }, () => chars[upTo(chars.length - 1)]).join('')
const splice = (list, at, end, text) => [...list.slice(0, at), text, ...list.slice(end)].join('')

// Three alphabets, so that one sees who wrote what. Their emoji have the first unit in common, or the second.
const BASE = [...'abcdefghij\n 😀😁ü漢']
const MINE = [...'ABCD🙀🨀']
const THEIRS = [...'0123🙂🨁']

// distinct is a text in which no character is twice: so it is clear where it was changed.
const distinct = () => BASE.filter(() => random() < 0.7).sort(() => random() - 0.5)

// edit replaces a random piece of a text.
function edit (text, alphabet) {
  const list = [...text]
  const at = upTo(list.length)
  return splice(list, at, at + upTo(Math.min(3, list.length - at)), from(alphabet, 4))
}

const anyTexts = () => {
  const base = from(BASE.slice(9), 12)
  return [base, edit(base, [...MINE, ...BASE]), edit(base, [...THEIRS, ...BASE])]
}

const forMany = (name, property) => test(name, () => { for (let i = 0; i < RUNS; i++) property() })

forMany('changes that do not touch are both made', () => {
  const base = distinct()
  const [a, b, c, d] = [0, 0, 0, 0].map(() => upTo(base.length)).sort((x, y) => x - y)
  if (b === c) return
  const [first, second] = random() < 0.5 ? [MINE, THEIRS] : [THEIRS, MINE]
  const one = from(first, 4)
  const two = from(second, 4)
  const left = splice(base, a, b, one)
  const right = splice(base, c, d, two)
  const [mine, theirs] = first === MINE ? [left, right] : [right, left]
  const both = [...base.slice(0, a), one, ...base.slice(b, c), two, ...base.slice(d)].join('')
  assert.equal(rebase(base.join(''), mine, theirs), both, JSON.stringify({ base, mine, theirs }))
})

forMany('what I wrote is never lost, whatever they did', () => {
  const base = distinct().join('')
  const mine = edit(base, MINE)
  const theirs = edit(base, THEIRS)
  const wrote = [...mine].filter(c => MINE.includes(c)).join('')
  assert.ok(rebase(base, mine, theirs).includes(wrote), JSON.stringify({ base, mine, theirs }))
})

forMany('who changed nothing gets what the other has', () => {
  const [base, mine, theirs] = anyTexts()
  assert.equal(rebase(base, base, theirs), theirs)
  assert.equal(rebase(base, mine, base), mine)
})

forMany('no character is cut in two', () => {
  const [base, mine, theirs] = anyTexts()
  assert.ok(rebase(base, mine, theirs).isWellFormed(), JSON.stringify({ base, mine, theirs }))
  const place = [...base].slice(0, upTo([...base].length)).join('').length
  assert.ok(theirs.slice(0, shift(place, base, theirs)).isWellFormed(), JSON.stringify({ place, base, theirs }))
})

forMany('places keep their order and stay in the text', () => {
  const [a, b] = anyTexts()
  let last = 0
  for (let place = 0; place <= a.length; place++) {
    const now = shift(place, a, b)
    assert.ok(now >= last && now <= b.length, JSON.stringify({ place, a, b }))
    last = now
  }
})

forMany('a place keeps what is after it, when the change is before', () => {
  const base = distinct()
  const [at, end, caret] = [0, 0, 0].map(() => upTo(base.length)).sort((x, y) => x - y)
  if (at === caret) return
  const a = base.join('')
  const b = splice(base, at, end, from(THEIRS, 4))
  const place = base.slice(0, caret).join('').length
  assert.equal(b.slice(shift(place, a, b)), a.slice(place), JSON.stringify({ place, a, b }))
})

forMany('a place keeps what is before it, when the change is at it or after', () => {
  const base = distinct()
  const [caret, at, end] = [0, 0, 0].map(() => upTo(base.length)).sort((x, y) => x - y)
  const a = base.join('')
  const b = splice(base, at, end, from(THEIRS, 4))
  const place = base.slice(0, caret).join('').length
  assert.equal(shift(place, a, b), place, JSON.stringify({ place, a, b }))
})

forMany('a text comes from itself, rather than from what it was before', () => {
  const [base, mine] = anyTexts()
  assert.equal(nearer(mine, base, mine), mine)
  assert.equal(nearer(mine, mine, base), mine)
})
