import { announce } from './announce'
import { fill, h, hidden } from './dom'
import { icon, type IconName } from './icons'

/** Where the text is, of which the light tells. */
export type SaveState = 'connecting' | 'live' | 'saving' | 'saved' | 'offline' | 'gone'

interface Light {
  symbol: IconName
  word: string
  meaning: string
}

const lights: Record<SaveState, Light> = {
  connecting: { symbol: 'sync', word: 'Connecting', meaning: 'The room is being opened.' },
  live: { symbol: 'dot', word: 'Connected', meaning: 'You see the room as it is now.' },
  saving: { symbol: 'sync', word: 'Saving', meaning: 'What you typed is on its way.' },
  saved: { symbol: 'check', word: 'Saved', meaning: 'All you typed is saved.' },
  offline: { symbol: 'cloudOff', word: 'Offline', meaning: 'What you type is kept here, and merged when the connection is back.' },
  gone: { symbol: 'cross', word: 'Closed', meaning: 'This room is closed.' }
}

/** A light with words which says whether the text is safe. */
export function saveLight (): {
  element: HTMLElement
  show: (state: SaveState) => void
  remind: () => void // for who wants to save, as elsewhere
} {
  const word = h('span', { class: 'light-word' })
  const meaning = hidden('')
  const symbol = h('span', { class: 'light-symbol' })
  const element = h('p', { class: 'light', 'data-tip-side': 'left' }, symbol, word, meaning)
  return {
    element,
    show: state => {
      const light = lights[state]
      element.dataset.status = state
      element.dataset.tip = light.meaning
      fill(symbol, icon(light.symbol))
      word.textContent = light.word
      meaning.textContent = `. ${light.meaning}`
    },
    remind: () => {
      announce(`${word.textContent}${meaning.textContent}`)
      element.classList.remove('reminding')
      requestAnimationFrame(() => element.classList.add('reminding'))
    }
  }
}
