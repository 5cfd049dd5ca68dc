import { h } from './dom'
import { keep, load } from './storage'

/** A language of a room's text. */
export interface Language {
  id: string // as the room's protocol carries it
  label: string
  indent: string // what one step of indentation is
}

const two = '  '
const four = '    '

/** The languages to choose from, in the order of the choice. */
export const languages: readonly Language[] = [
  { id: 'plaintext', label: 'Plain text', indent: four },
  { id: 'c', label: 'C', indent: four },
  { id: 'cpp', label: 'C++', indent: four },
  { id: 'csharp', label: 'C#', indent: four },
  { id: 'css', label: 'CSS', indent: two },
  { id: 'go', label: 'Go', indent: '\t' },
  { id: 'html', label: 'HTML', indent: two },
  { id: 'java', label: 'Java', indent: four },
  { id: 'javascript', label: 'JavaScript', indent: two },
  { id: 'json', label: 'JSON', indent: two },
  { id: 'jsx', label: 'JSX', indent: two },
  { id: 'kotlin', label: 'Kotlin', indent: four },
  { id: 'markdown', label: 'Markdown', indent: two },
  { id: 'php', label: 'PHP', indent: four },
  { id: 'python', label: 'Python', indent: four },
  { id: 'ruby', label: 'Ruby', indent: two },
  { id: 'rust', label: 'Rust', indent: four },
  { id: 'shell', label: 'Shell', indent: two },
  { id: 'sql', label: 'SQL', indent: two },
  { id: 'swift', label: 'Swift', indent: four },
  { id: 'tsx', label: 'TSX', indent: two },
  { id: 'typescript', label: 'TypeScript', indent: two },
  { id: 'xml', label: 'XML', indent: two },
  { id: 'yaml', label: 'YAML', indent: two }
]

/** The language of an id. One that is unknown here is shown as it is called. */
export function languageOf (id: string): Language {
  return languages.find(language => language.id === id) ?? { id, label: id, indent: four }
}

const key = 'tutti.language'

/** The language chosen last for a new room. */
export function lastLanguage (): string {
  const known = load(key, value => typeof value === 'string' ? value : null)
  return known !== null && languages.some(language => language.id === known) ? known : 'python'
}

/** Remembers the language for the next new room. */
export function keepLanguage (id: string): void {
  keep(key, id)
}

/** A choice of languages. Its options are made of the list, and of the id shown if that is not in it. */
export function languageSelect (attributes: Record<string, string>, onChange: (id: string) => void): { element: HTMLSelectElement, show: (id: string) => void } {
  const element = h('select', { ...attributes, on: { change: () => onChange(element.value) } })
  const show = (id: string) => {
    const shown = languages.some(language => language.id === id) ? languages : [languageOf(id), ...languages]
    element.replaceChildren(...shown.map(language => h('option', { value: language.id }, language.label)))
    element.value = id
  }
  return { element, show }
}
