import { copyButton } from './copying'
import { h } from './dom'
import { icon } from './icons'
import { wordmark } from './wordmark'

const phone = matchMedia('(max-width: 720px)')

/** What the bar over the editor holds. */
export interface TopBarParts {
  id: string
  link: string
  language: HTMLElement
  light: HTMLElement
  people: HTMLElement
}

/** The bar over the editor. On phones the room's own controls are behind a button. */
export function topBar (parts: TopBarParts): HTMLElement {
  const controls = h('div', { id: 'room-panel', class: 'panel room-controls', popover: 'auto', role: 'group', 'aria-label': 'This room' },
    h('p', { class: 'room-id' }, h('span', { class: 'visually-hidden' }, 'Room '), h('span', { 'data-room-id': true }, parts.id)),
    copyButton({ label: 'Copy link', action: 'copy-link', kind: 'secondary copy-link', symbol: 'link', text: () => parts.link }),
    h('div', { class: 'select language' }, parts.language)
  )
  phone.addEventListener('change', () => controls.hidePopover()) // it is a part of the bar then
  const more = h('button', { type: 'button', class: 'quiet icon-button more', popovertarget: 'room-panel', 'aria-label': 'Room, link and language', 'data-action': 'more' }, icon('more'))
  return h('header', { class: 'top-bar' },
    wordmark(), controls, h('span', { class: 'gap' }), parts.light, parts.people, more)
}
