// Whole texts: what changed between two, and how to carry a change over.
// Places are in UTF-16 units, and never between the two of one character.

const high = unit => unit >= 0xD800 && unit < 0xDC00
const low = unit => unit >= 0xDC00 && unit < 0xE000
const splits = (text, place) => high(text.charCodeAt(place - 1)) && low(text.charCodeAt(place))

// change is the piece in which two texts differ: from..before of one became from..after of the other.
function change (a, b) {
  const shorter = Math.min(a.length, b.length)
  let from = 0
  while (from < shorter && a[from] === b[from]) from++
  if (splits(a, from) || splits(b, from)) from--
  let end = 0
  while (end < shorter - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  if (splits(a, a.length - end) || splits(b, b.length - end)) end--
  return { from, before: a.length - end, after: b.length - end }
}

// shift carries a place in one text to the next.
export function shift (place, a, b) {
  const c = change(a, b)
  if (place <= c.from) return place
  if (place >= c.before) return place + b.length - a.length
  const inside = Math.min(place, c.after)
  return splits(b, inside) ? inside - 1 : inside
}

// rebase carries what was typed here, base → mine, over to what the others made of base.
export function rebase (base, mine, theirs) {
  if (mine === base) return theirs
  const c = change(base, mine)
  const from = shift(c.from, base, theirs)
  const to = shift(c.before, base, theirs)
  return theirs.slice(0, from) + mine.slice(c.from, c.after) + theirs.slice(to)
}

// nearer is the one of two texts from which the third more likely came: by the shorter change.
export function nearer (text, a, b) {
  return changed(a, text) <= changed(b, text) ? a : b
}

function changed (a, b) {
  const c = change(a, b)
  return Math.max(c.before, c.after) - c.from
}
