import { button, fill, h } from './dom'
import { icon } from './icons'
import { languageOf } from './languages'
import { keep, load } from './storage'
import { themeButton } from './theme'

/** Where the caret is. Lines and columns count from 1, columns in characters. */
export interface Place {
  line: number
  column: number
  selected: number // characters
}

const key = 'tutti.suggestions'

/** Whether suggestions are wanted in this browser. */
export function suggestionsWanted (): boolean {
  return load(key, value => typeof value === 'boolean' ? value : null) ?? true
}

/** The thin bar under the editor. */
export function statusBar (onSuggestions: (on: boolean) => void): {
  element: HTMLElement
  showPlace: (place: Place) => void
  showLanguage: (id: string) => void
  showPeople: (count: number | null) => void // null: not known
} {
  const place = h('span', { 'data-place': true })
  const language = h('span', { class: 'roomy', 'data-language-label': true })
  const people = h('span', { class: 'roomy', 'data-people-count': true })
  let on = suggestionsWanted()
  const suggestions = button({ class: 'quiet', 'data-action': 'suggestions' }, () => {
    on = !on
    keep(key, on)
    draw()
    onSuggestions(on)
  })
  const draw = () => {
    suggestions.setAttribute('aria-pressed', String(on))
    fill(suggestions, icon('spark'), h('span', {}, on ? 'Suggestions on' : 'Suggestions off'))
  }
  draw()
  const theme = themeButton()
  theme.dataset.tipSide = 'above left'
  return {
    element: h('footer', { class: 'status-bar', 'aria-label': 'Editor state' },
      place, language, people,
      h('span', { class: 'leave-hint roomy' }, h('kbd', {}, 'Esc'), ' then ', h('kbd', {}, 'Tab'), ' leaves the editor'),
      h('span', { class: 'gap' }),
      suggestions, theme
    ),
    showPlace: ({ line, column, selected }) => {
      place.textContent = `Ln ${line}, Col ${column}${selected > 0 ? ` (${selected} selected)` : ''}`
    },
    showLanguage: id => { language.textContent = languageOf(id).label },
    showPeople: count => { people.textContent = count === null ? '' : count === 1 ? 'Only you here' : `${count} people` }
  }
}
