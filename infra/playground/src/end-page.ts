import './styles/end.css'
import { createRoom, type GoneReason } from '@tutti-live/client'
import { announce } from './announce'
import { apiOrigin, enter, rememberSocket } from './config'
import { copyButton } from './copying'
import { button, fill, h } from './dom'
import { icon, type IconName } from './icons'
import type { LinkForm } from './links'
import { forgetRoom, rememberRoom } from './recent-rooms'
import { themeButton } from './theme'
import { explain } from './troubles'
import { wordmark } from './wordmark'

/** How a room ended for this browser. */
export interface End {
  reason: Exclude<GoneReason, 'closed'>
  id: string
  text: string // that this browser still holds
  language: string
  form: LinkForm
  retry: () => void // with that text
  leave: () => void // to a new room with that text
}

interface Words {
  symbol: IconName
  title: string
  what: string
  again: boolean // trying again may help
}

const words: Record<End['reason'], Words> = {
  'not-found': {
    symbol: 'door', title: 'This room is gone', again: false,
    what: 'There is no room at this link. Rooms vanish some time after the last person has left. Was the link copied in full?'
  },
  full: {
    symbol: 'people', title: 'This room is full', again: true,
    what: 'As many people are in it as it can hold. Try again when somebody has left.'
  },
  forbidden: {
    symbol: 'shield', title: 'You may not enter this room', again: true,
    what: 'Tutti does not let this page in. Ask whoever runs it whether this site is allowed.'
  },
  'too-large': {
    symbol: 'weight', title: 'The text has become too large', again: false,
    what: 'A room holds only so much text and history, and this one is at its limit. A new room with the same text has space again, unless the text alone is too large.'
  },
  refused: {
    symbol: 'shield', title: 'Tutti closed the connection', again: true,
    what: 'Something that was sent could not be accepted. Trying again often helps.'
  }
}

const whatEnded = 'The room that you were in has ended, but its text is not lost. Go on in a new room, and send its link to the others.'

/** Shows that a room is over, why, and what can be done. */
export function showEnd (end: End): void {
  if (end.reason === 'not-found') forgetRoom(end.id)
  const { symbol, title, what, again } = words[end.reason]
  const held = end.text !== ''
  const problem = h('p', { class: 'problem', role: 'alert' })
  const renew = button({ class: again ? 'secondary' : 'primary', 'data-action': 'new-room' }, () => {
    void newRoom(renew, problem, end)
  }, icon('plus'), h('span', {}, held ? 'New room with this text' : 'New room'))
  show(end.reason, symbol, title, [
    h('p', { class: 'end-what' }, held && end.reason === 'not-found' ? whatEnded : what),
    held && h('div', { class: 'held' },
      h('p', { id: 'held-title' }, 'This browser still has the text:'),
      h('pre', { tabindex: 0, role: 'region', 'aria-labelledby': 'held-title', 'data-held-text': true }, end.text)),
    h('div', { class: 'end-actions' },
      again && button({ class: 'primary', 'data-action': 'try-again' }, end.retry, icon('sync'), h('span', {}, 'Try again')),
      renew,
      held && copyButton({ label: 'Copy text', action: 'copy-text', kind: 'secondary', symbol: 'copy', text: () => end.text }),
      h('a', { class: 'quiet', href: '/' }, 'Start page')),
    problem
  ], end.id)
}

/** Shows that an address is no room's. */
export function showNoRoom (): void {
  show('not-found', 'door', 'There is nothing here', [
    h('p', { class: 'end-what' }, 'This address is no room’s. The id of a room has 6 to 32 letters and digits.'),
    h('div', { class: 'end-actions' }, h('a', { class: 'primary', href: '/' }, 'Start page'))
  ], '')
}

function show (reason: string, symbol: IconName, title: string, content: (HTMLElement | false)[], id: string): void {
  document.title = `${title} · Tutti`
  document.body.className = 'end-page'
  const heading = h('h1', { tabindex: -1 }, title)
  fill(document.body,
    h('header', { class: 'end-header' }, wordmark(), themeButton()),
    h('main', { class: 'end', 'data-end': reason },
      h('div', { class: 'end-symbol' }, icon(symbol)),
      heading,
      id !== '' && h('p', { class: 'end-room' }, `Room ${id}`),
      ...content)
  )
  heading.focus()
  announce(title)
}

async function newRoom (pressed: HTMLButtonElement, problem: HTMLElement, end: End): Promise<void> {
  if (pressed.getAttribute('aria-busy') === 'true') return
  pressed.setAttribute('aria-busy', 'true')
  problem.textContent = ''
  try {
    const room = await createRoom(apiOrigin(), { code: end.text, ...(end.language === '' ? {} : { language: end.language }) })
    rememberSocket(room.roomId, room.yjsUrl)
    rememberRoom(room.roomId, end.language)
    end.leave()
    enter(room.roomId, end.form)
  } catch (error) {
    problem.textContent = explain(error)
  } finally {
    pressed.removeAttribute('aria-busy')
  }
}
