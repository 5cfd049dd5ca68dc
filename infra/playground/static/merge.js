// Whole texts: what changed between two, and how to carry a change over.

// change is the piece in which two texts differ: from..before of one became from..after of the other.
function change (a, b) {
  const shorter = Math.min(a.length, b.length)
  let from = 0
  while (from < shorter && a[from] === b[from]) from++
  let end = 0
  while (end < shorter - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return { from, before: a.length - end, after: b.length - end }
}

// shift carries a place in one text to the next.
export function shift (place, a, b) {
  const c = change(a, b)
  if (place <= c.from) return place
  if (place >= c.before) return place + b.length - a.length
  return Math.min(place, c.after)
}

// rebase carries what was typed here, base → mine, over to what the others made of base.
export function rebase (base, mine, theirs) {
  if (mine === base) return theirs
  const c = change(base, mine)
  const from = shift(c.from, base, theirs)
  const to = Math.max(from, shift(c.before, base, theirs))
  return theirs.slice(0, from) + mine.slice(c.from, c.after) + theirs.slice(to)
}
