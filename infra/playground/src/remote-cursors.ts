import { EditorSelection, StateEffect, type Extension } from '@codemirror/state'
import { type EditorView, layer, RectangleMarker, ViewPlugin, type LayerMarker } from '@codemirror/view'
import type { Room } from '@tutti-live/client'
import * as Y from 'yjs'
import { inkOn } from './colors'
import { personOf, type Person } from './people'
import { isRecord } from './storage'

const nameShownFor = 2500 // ms after somebody moved
const nameHeight = 24 // px

const moved = StateEffect.define<null>()

/** What somebody has selected, as offsets in UTF-16 units. */
interface Reach {
  anchor: number
  head: number
}

/** Where a person's caret and selection are now; null if nowhere in this text. */
export function reachOf (room: Room, id: number): Reach | null {
  const state: unknown = room.awareness.getStates().get(id)
  if (!isRecord(state) || !isRecord(state.cursor)) return null
  const anchor = resolve(room, state.cursor.anchor)
  const head = resolve(room, state.cursor.head)
  return anchor === null || head === null ? null : { anchor, head }
}

// Others may have put anything there: what is no position is none.
function resolve (room: Room, json: unknown): number | null {
  if (!isRecord(json)) return null
  const { tname } = json
  if (typeof tname === 'string' && !Object.is(room.doc.share.get(tname), room.text)) return null // to look it up would make it
  try {
    const position = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(json), room.doc)
    return position !== null && position.type === room.text ? position.index : null
  } catch (error) {
    console.info(`a caret could not be read: ${String(error)}`)
    return null
  }
}

/** Carets and selections of the others, drawn over and under the text. */
export function remoteCursors (room: Room): Extension {
  const movedAt = new Map<number, number>() // by person, when the caret last moved, by performance.now()
  const heads = new Map<number, string>()

  const others = function * (): Generator<[Person, Reach]> {
    for (const [id, state] of room.awareness.getStates()) {
      const person = personOf(id, state, room.doc.clientID)
      const reach = reachOf(room, id)
      if (person !== null && !person.you && reach !== null) yield [person, reach]
    }
  }
  const within = (view: EditorView, offset: number) => Math.min(offset, view.state.doc.length)

  const selections = layer({
    above: false,
    class: 'cm-others-selections',
    update: update => update.docChanged || update.viewportChanged || sawMove(update.transactions),
    markers: view => [...others()].flatMap(([person, reach]) => {
      if (reach.anchor === reach.head) return []
      const range = EditorSelection.range(within(view, reach.anchor), within(view, reach.head))
      return RectangleMarker.forRange(view, '', range).map(box => new SelectionBox(box, person.color))
    })
  })

  const carets = layer({
    above: true,
    class: 'cm-others-carets',
    update: update => update.docChanged || update.viewportChanged || sawMove(update.transactions),
    markers: view => [...others()].flatMap(([person, reach]) => {
      const at = EditorSelection.cursor(within(view, reach.head))
      const named = performance.now() - (movedAt.get(person.id) ?? -Infinity) < nameShownFor
      return RectangleMarker.forRange(view, '', at).map(box => new Caret(box, person, named))
    })
  })

  const watch = ViewPlugin.define(view => {
    let hiding = 0
    const redraw = () => view.dispatch({ effects: moved.of(null) })
    const listener = ({ added, updated, removed }: { added: number[], updated: number[], removed: number[] }) => {
      if ([...added, ...updated, ...removed].every(id => id === room.doc.clientID)) return
      for (const id of [...added, ...updated]) {
        const head = JSON.stringify(room.awareness.getStates().get(id)?.cursor ?? null)
        if (heads.get(id) !== head) movedAt.set(id, performance.now())
        heads.set(id, head)
      }
      for (const id of removed) { movedAt.delete(id); heads.delete(id) }
      redraw()
      clearTimeout(hiding)
      hiding = window.setTimeout(redraw, nameShownFor + 20)
    }
    room.awareness.on('change', listener)
    return {
      destroy: () => {
        room.awareness.off('change', listener)
        clearTimeout(hiding)
      }
    }
  })
  return [selections, carets, watch]
}

function sawMove (transactions: readonly { effects: readonly StateEffect<unknown>[] }[]): boolean {
  return transactions.some(transaction => transaction.effects.some(effect => effect.is(moved)))
}

/** A part of somebody's selection. */
class SelectionBox implements LayerMarker {
  constructor (private readonly box: RectangleMarker, private readonly color: string) {}

  eq (other: SelectionBox): boolean {
    return other.color === this.color && this.box.eq(other.box)
  }

  draw (): HTMLElement {
    const element = document.createElement('div')
    element.className = 'cm-others-selection'
    element.style.setProperty('--person', this.color)
    position(element, this.box)
    element.style.width = `${this.box.width ?? 0}px`
    return element
  }
}

/** Somebody's caret, with the name while it moves. */
class Caret implements LayerMarker {
  constructor (private readonly box: RectangleMarker, private readonly person: Person, private readonly named: boolean) {}

  eq (other: Caret): boolean {
    return this.box.eq(other.box) && this.named === other.named && this.looks(other)
  }

  draw (): HTMLElement {
    const element = document.createElement('div')
    element.className = 'cm-others-caret'
    element.dataset.caretOf = this.person.name
    element.dataset.caretId = String(this.person.id)
    element.style.setProperty('--person', this.person.color)
    element.style.setProperty('--on-person', inkOn(this.person.color))
    const name = document.createElement('span')
    name.className = 'cm-others-name'
    name.textContent = this.person.name
    element.append(name)
    this.place(element)
    return element
  }

  // The element stays where only the place is another, so that the caret glides.
  update (element: HTMLElement, before: Caret): boolean {
    if (!this.looks(before)) return false
    this.place(element)
    return true
  }

  private looks (other: Caret): boolean {
    return this.person.id === other.person.id && this.person.name === other.person.name && this.person.color === other.person.color
  }

  private place (element: HTMLElement): void {
    position(element, this.box)
    element.classList.toggle('cm-named', this.named)
    element.classList.toggle('cm-below', this.box.top < nameHeight) // there is no room above the first line
  }
}

function position (element: HTMLElement, box: RectangleMarker): void {
  element.style.left = `${box.left}px`
  element.style.top = `${box.top}px`
  element.style.height = `${box.height}px`
}
