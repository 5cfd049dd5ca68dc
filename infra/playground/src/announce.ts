import { h } from './dom'

const pause = 250 // ms after which a text that stands still is read, also the same one again

const region = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite', 'data-announcer': true })
let timer = 0

/** Has screen readers say a text, politely: the newest wins, if several come at once. */
export function announce (text: string): void {
  if (!region.isConnected) document.body.append(region) // another page may have taken the place of the last
  region.textContent = ''
  clearTimeout(timer)
  timer = window.setTimeout(() => { region.textContent = text }, pause)
}
