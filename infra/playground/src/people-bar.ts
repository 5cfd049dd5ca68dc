import { button, fill, h, hidden } from './dom'
import { inkOn } from './colors'
import { icon } from './icons'
import { initials } from './names'
import type { Person } from './people'

const inRow = 5 // avatars beside each other; the list has all

/** What can be done with a person. */
export interface PeopleActions {
  follow: (id: number) => void
  rename: () => void
}

/** The people of the room: a row of avatars, and a button for the whole list. */
export function peopleBar (actions: PeopleActions): { element: HTMLElement, show: (people: readonly Person[], followed: number | null) => void } {
  const row = h('ul', { class: 'avatars', role: 'list', 'aria-label': 'People in this room' })
  const list = h('ul', { class: 'people-list', role: 'list' })
  const panel = h('div', { id: 'people-panel', class: 'panel', popover: 'auto', role: 'dialog', 'aria-label': 'People in this room' },
    h('p', { class: 'panel-title', 'aria-hidden': 'true' }, 'People'), list)
  const count = h('span', { class: 'people-count' })
  const all = h('button', { type: 'button', class: 'quiet people-button', popovertarget: 'people-panel', 'data-action': 'people' }, icon('people'), count)
  const avatars = new Map<number, HTMLElement>()
  const entries = new Map<number, HTMLElement>()
  let shown = ''

  const show = (people: readonly Person[], followed: number | null) => {
    const next = JSON.stringify([people, followed])
    if (next === shown) return
    shown = next
    all.setAttribute('aria-label', `People: ${people.length}${people.length === 1 ? ', only you' : ''}`)
    all.dataset.count = String(people.length)
    all.classList.toggle('more-than-row', people.length > inRow)
    count.textContent = String(people.length)
    place(row, avatars, people.slice(0, inRow), person => drawAvatar(person, person.id === followed))
    place(list, entries, people, person => drawEntry(person, person.id === followed))
  }

  const act = (person: Person) => {
    if (person.you) actions.rename()
    else actions.follow(person.id)
  }

  function drawAvatar (person: Person, followed: boolean): Node {
    const says = person.you ? `${person.name} (you). Change your name` : `Follow ${person.name}`
    const element = button({
      class: `avatar-button${person.you ? ' is-you' : ''}`, 'data-person': person.id, 'data-name': person.name, 'aria-label': says,
      'aria-pressed': person.you ? null : String(followed), 'data-tip': person.you ? `${person.name} (you)` : person.name
    }, () => act(person), avatar(person))
    return element
  }

  function drawEntry (person: Person, followed: boolean): Node {
    const label = person.you ? 'Change name' : followed ? 'Following' : 'Follow'
    const whom = person.you ? null : hidden(` ${person.name}`)
    return h('div', { class: 'person', 'data-listed-person': person.id },
      avatar(person),
      h('span', { class: 'person-name' }, person.name),
      person.you && h('span', { class: 'you' }, 'you'),
      button({ class: followed ? 'secondary' : 'quiet' }, () => {
        panel.hidePopover()
        act(person)
      }, h('span', {}, label, whom))
    )
  }

  return { element: h('div', { class: 'people' }, row, all, panel), show }
}

/** A disc with the initials of a person. */
export function avatar (person: Pick<Person, 'name' | 'color'>): HTMLElement {
  const element = h('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(person.name))
  element.style.setProperty('--person', person.color)
  element.style.setProperty('--on-person', inkOn(person.color))
  return element
}

/** Draws one item for each person into a list. Items stay in the page, so that the focus does. */
function place (list: HTMLElement, items: Map<number, HTMLElement>, people: readonly Person[], draw: (person: Person) => Node): void {
  const gone = new Set(items.keys())
  for (const [index, person] of people.entries()) {
    const item = items.get(person.id) ?? h('li')
    const hadFocus = item.contains(document.activeElement)
    items.set(person.id, item)
    gone.delete(person.id)
    fill(item, draw(person) as HTMLElement)
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null)
    if (hadFocus) item.querySelector('button')?.focus()
  }
  for (const id of gone) {
    items.get(id)?.remove()
    items.delete(id)
  }
}
