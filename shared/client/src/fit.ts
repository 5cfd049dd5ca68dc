import type { Suggestion } from './suggestions.js'

/**
 * Returns what of a suggestion is still to be inserted at the cursor, or '' when
 * it does not fit there or is nothing but white space.
 *
 * `before` is the text from the suggestion's position to the cursor: it must be
 * how the suggestion begins. `after` is the rest of the cursor's line. Further
 * lines in front of code would tear that line apart, so then only the first
 * line is offered.
 */
export function restAtCursor (suggestion: Pick<Suggestion, 'text'>, before: string, after: string): string {
  if (!suggestion.text.startsWith(before)) return ''
  const rest = suggestion.text.slice(before.length)
  const [firstLine = ''] = rest.split('\n')
  const shown = after.trim() === '' ? rest : firstLine
  return shown.trim() === '' ? '' : shown
}

/** Returns the next word of a text with the white space and the sign before it, as in `(name`. */
export function nextWord (text: string): string {
  return /^\s*(?:[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]+)/u.exec(text)?.[0] ?? text
}
