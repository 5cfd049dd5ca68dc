import './styles/start.css'
import { createRoom, roomExists } from '@tutti-live/client'
import { apiOrigin, enter, linkForm, rememberSocket } from './config'
import { button, fill, h, hidden } from './dom'
import { icon } from './icons'
import { illustration } from './illustration'
import { keepLanguage, languageOf, languageSelect, lastLanguage } from './languages'
import { parseRoom, roomLink } from './links'
import { ago, forgetRoom, recentRooms, rememberRoom, type RecentRoom } from './recent-rooms'
import { themeButton } from './theme'
import { explain } from './troubles'
import { wordmark } from './wordmark'

/** Shows the page on which a room is made or joined. */
export function showStart (): void {
  document.title = 'Tutti: write code together'
  document.body.className = 'start-page'
  document.body.append(
    h('header', { class: 'start-header' }, wordmark(), themeButton()),
    h('main', { class: 'start' },
      h('div', { class: 'start-column' },
        h('h1', {}, 'Write code together, live.'),
        h('p', { class: 'lead' }, 'Make a room, send its link, and type in one text at the same time. No account needed.'),
        newRoom(),
        joinRoom(),
        recent()
      ),
      illustration()
    ),
    h('footer', { class: 'start-footer' }, h('p', {}, 'Rooms are open to whoever has the link, and vanish some time after the last person has left.'))
  )
  // What the next page needs is fetched while somebody still thinks.
  const warm = () => { void import('./room-page') }
  const create = document.querySelector('[data-action="create"]')
  for (const sign of ['pointerenter', 'focus']) create?.addEventListener(sign, warm, { once: true })
}

function newRoom (): HTMLElement {
  const problem = problemLine('create-problem')
  const language = languageSelect({ id: 'new-language', 'aria-label': 'Language of the new room' }, keepLanguage)
  language.show(lastLanguage())
  const create = button({ class: 'primary', 'data-action': 'create', 'aria-describedby': 'create-problem' }, () => {
    void busy(create, problem, async () => {
      const room = await createRoom(apiOrigin(), { language: language.element.value })
      rememberSocket(room.roomId, room.yjsUrl)
      rememberRoom(room.roomId, language.element.value)
      enter(room.roomId)
    })
  }, icon('plus'), h('span', {}, 'New room'))
  return h('section', { class: 'card', 'aria-label': 'New room' },
    h('div', { class: 'together' }, h('div', { class: 'select' }, language.element), create),
    problem.element
  )
}

function joinRoom (): HTMLElement {
  const problem = problemLine('join-problem')
  const field = h('input', {
    id: 'join-room', name: 'room', type: 'text', placeholder: 'Link or id, like a972ed', autocomplete: 'off',
    autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'go', 'aria-describedby': 'join-problem',
    on: { input: () => { problem.say(''); field.removeAttribute('aria-invalid') } }
  })
  const refuse = (text: string) => {
    problem.say(text)
    field.setAttribute('aria-invalid', 'true')
    field.focus()
  }
  const join = h('button', { type: 'submit', class: 'secondary', 'data-action': 'join' }, h('span', {}, 'Join'), icon('arrow'))
  const form = h('form', {
    class: 'card', novalidate: true, 'aria-label': 'Join a room',
    on: {
      submit: event => {
        event.preventDefault()
        const id = parseRoom(field.value)
        if (id === null) {
          refuse(field.value.trim() === '' ? 'Paste the link of a room, or its id.' : 'That is no link of a room. An id has 6 to 32 letters and digits, like a972ed.')
          return
        }
        void busy(join, problem, async () => {
          if (await roomExists(apiOrigin(), id)) enter(id)
          else refuse(`There is no room ${id}. It may have expired: ask for a new link.`)
        })
      }
    }
  },
  h('label', { for: 'join-room' }, 'Join a room'),
  h('div', { class: 'together' }, field, join),
  problem.element)
  return form
}

function recent (): HTMLElement {
  const list = h('ul', { class: 'recent-list', role: 'list' })
  const section = h('section', { class: 'recent', 'aria-labelledby': 'recent-title' },
    h('h2', { id: 'recent-title' }, 'Recent rooms'), list)
  const draw = () => {
    const rooms = recentRooms()
    section.hidden = rooms.length === 0
    fill(list, ...rooms.map(room => recentRoom(room, draw)))
  }
  draw()
  return section
}

function recentRoom (room: RecentRoom, redraw: () => void): HTMLElement {
  const forget = button({ class: 'quiet icon-button', 'aria-label': `Forget room ${room.id}`, 'data-tip': 'Forget', 'data-tip-side': 'left' }, () => {
    forgetRoom(room.id)
    redraw()
  }, icon('cross'))
  const what = h('span', { class: 'recent-what' }, `${languageOf(room.language).label} · ${ago(room.at)}`)
  const item = h('li', { 'data-room': room.id },
    h('a', { href: roomLink('', room.id, linkForm()) }, h('span', { class: 'recent-id' }, hidden('Room '), room.id), what),
    forget
  )
  roomExists(apiOrigin(), room.id).then(exists => {
    if (exists) return
    item.dataset.gone = 'true'
    what.textContent = 'gone'
  }, (error: unknown) => console.info(`whether room ${room.id} is there is not known: ${String(error)}`))
  return item
}

interface ProblemLine {
  element: HTMLElement
  say: (text: string) => void
}

function problemLine (id: string): ProblemLine {
  const element = h('p', { id, class: 'problem', role: 'alert' })
  return { element, say: text => { element.textContent = text } }
}

/** Runs an action of a button, which cannot be pressed again meanwhile, and says what went wrong. */
async function busy (pressed: HTMLButtonElement, problem: ProblemLine, action: () => Promise<void>): Promise<void> {
  if (pressed.getAttribute('aria-busy') === 'true') return
  pressed.setAttribute('aria-busy', 'true')
  problem.say('')
  try {
    await action()
  } catch (error) {
    problem.say(explain(error))
  } finally {
    pressed.removeAttribute('aria-busy')
  }
}
