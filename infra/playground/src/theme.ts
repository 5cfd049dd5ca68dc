import { button, fill } from './dom'
import { icon } from './icons'
import { keep, load } from './storage'

/** Light or dark. */
export type Theme = 'light' | 'dark'

const key = 'tutti.theme'
const systemIsDark = matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<(theme: Theme) => void>()

const readTheme = (value: unknown): Theme | null => value === 'light' || value === 'dark' ? value : null

let chosen: Theme | null = null // on this page, in case it could not be kept

/** The theme that the page has: the one chosen here, else the system's. */
export function currentTheme (): Theme {
  return load(key, readTheme) ?? chosen ?? (systemIsDark.matches ? 'dark' : 'light')
}

/** Gives the page its theme, and follows the system's until somebody chooses. */
export function startTheme (): void {
  systemIsDark.addEventListener('change', show)
  addEventListener('storage', event => { if (event.key === key) show() }) // chosen in another tab
  show()
}

/** Calls back with the theme at each change, until the function that it returns is called. */
export function onTheme (listener: (theme: Theme) => void): () => void {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

/** A button which changes between light and dark. */
export function themeButton (): HTMLButtonElement {
  const toggle = button({ class: 'quiet icon-button', 'data-action': 'theme', 'data-tip-side': 'left' }, () => {
    chosen = currentTheme() === 'dark' ? 'light' : 'dark'
    keep(key, chosen)
    show()
  })
  const draw = (theme: Theme) => {
    const label = theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'
    toggle.setAttribute('aria-label', label)
    toggle.dataset.tip = label
    fill(toggle, icon(theme === 'dark' ? 'sun' : 'moon'))
  }
  onTheme(draw)
  draw(currentTheme())
  return toggle
}

function show (): void {
  const theme = currentTheme()
  document.documentElement.dataset.theme = theme
  const color = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')
  if (color !== null) color.content = theme === 'dark' ? '#0f1115' : '#f6f5f2'
  for (const listener of listeners) listener(theme)
}
