import { h } from './dom'

type Piece = [kind: 'k' | 'f' | 's' | 'n' | 'c' | 'ada' | 'lin' | 'sam' | '', text: string]

// A look into a room: what kind of word, and the word. People stand where they type.
const lines: Piece[][] = [
  [['c', '# three people, one text']],
  [['k', 'from'], ['', ' itertools '], ['k', 'import'], ['', ' islice']],
  [],
  [['k', 'def'], ['', ' '], ['f', 'fibonacci'], ['', '():'], ['ada', 'Ada']],
  [['', '    a, b = '], ['n', '0'], ['', ', '], ['n', '1']],
  [['', '    '], ['k', 'while'], ['', ' '], ['k', 'True'], ['', ':']],
  [['', '        '], ['k', 'yield'], ['', ' a']],
  [['', '        a, b = b, a + b'], ['lin', 'Lin']],
  [],
  [['f', 'print'], ['', '('], ['f', 'list'], ['', '('], ['f', 'islice'], ['', '('], ['f', 'fibonacci'], ['', '(), '], ['n', '9'], ['', ')))'], ['sam', 'Sam']]
]

const people = new Set(['ada', 'lin', 'sam'])

/** A picture of a room in use, for the eye only. */
export function illustration (): HTMLElement {
  const code = h('pre', { class: 'picture-code' })
  for (const [index, line] of lines.entries()) {
    const row = h('span', { class: 'picture-line' }, h('span', { class: 'picture-number' }, String(index + 1)))
    for (const [kind, text] of line) {
      if (people.has(kind)) row.append(h('span', { class: `picture-caret ${kind}` }, h('span', {}, text)))
      else row.append(h('span', { class: kind === '' ? '' : `word-${kind}` }, text))
    }
    code.append(row)
  }
  return h('div', { class: 'picture', 'aria-hidden': 'true' },
    h('div', { class: 'picture-bar' },
      h('span', { class: 'picture-room' }, 'a972ed'),
      h('span', { class: 'picture-saved' }, 'Saved'),
      h('span', { class: 'picture-people' }, ...['ada', 'lin', 'sam'].map(who => h('span', { class: who }, (who[0] ?? '').toUpperCase())))
    ),
    code
  )
}
