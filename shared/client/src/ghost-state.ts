import {
  type ChangeDesc, type EditorState, MapMode, StateEffect, StateField, type Text, type Transaction
} from '@codemirror/state'
import { Decoration, EditorView, WidgetType } from '@codemirror/view'

/** A suggestion that is shown, or what is left of it to type. */
export interface Ghost {
  /** What would be inserted, never empty. */
  readonly text: string
  /** Where: at the cursor. */
  readonly position: number
}

/** Shows a ghost, or none. */
export const setGhost = StateEffect.define<Ghost | null>()

/** The ghost that is shown. It follows the text, and goes away when it no longer fits. */
export const ghostField = StateField.define<Ghost | null>({
  create: () => null,
  update: follow,
  provide: field => EditorView.decorations.from(field, ghost => ghost === null ? Decoration.none : drawn(ghost))
})

/** Returns the suggestion that is shown as ghost text, or null. */
export function shownSuggestion (state: EditorState): Ghost | null {
  return state.field(ghostField, false) ?? null
}

/** Whether there is one cursor, and something can be inserted at it. */
export function canInsert (state: EditorState): boolean {
  return !state.readOnly && state.facet(EditorView.editable) &&
    state.selection.ranges.length === 1 && state.selection.main.empty
}

/**
 * Returns what stands between a position of the text before the changes and the
 * cursor in `doc` after them: what was typed there. Returns null when the cursor
 * is not at that place any more, or the text next to it was deleted.
 */
export function typedSince (changes: ChangeDesc, from: number, cursor: number, doc: Text, head: number): string | null {
  const start = changes.mapPos(from, -1, MapMode.TrackBefore)
  const end = changes.mapPos(cursor, 1, MapMode.TrackAfter)
  if (start === null || end !== head || start > head) return null
  return doc.sliceString(start, head)
}

function follow (ghost: Ghost | null, tr: Transaction): Ghost | null {
  for (const effect of tr.effects) {
    if (effect.is(setGhost)) ghost = effect.value
  }
  if (ghost === null || !canInsert(tr.state)) return null
  const head = tr.newSelection.main.head
  if (!tr.docChanged) return head === ghost.position ? ghost : null
  if (tr.isUserEvent('input.type.compose')) return null
  const typed = typedSince(tr.changes, ghost.position, ghost.position, tr.newDoc, head)
  if (typed === null || !ghost.text.startsWith(typed) || typed === ghost.text) return null
  return { text: ghost.text.slice(typed.length), position: head }
}

function drawn (ghost: Ghost) {
  return Decoration.set(Decoration.widget({ widget: new GhostWidget(ghost.text), side: 1 }).range(ghost.position))
}

/** The class of the ghost text, for themes. */
export const ghostClass = 'cm-ghostText'

/**
 * The text as it would stand there. Its line breaks are drawn because the lines
 * of the editor keep white space; screen readers are told otherwise.
 */
class GhostWidget extends WidgetType {
  readonly #text: string

  constructor (text: string) {
    super()
    this.#text = text
  }

  override eq (other: GhostWidget): boolean {
    return other.#text === this.#text
  }

  override get lineBreaks (): number {
    return this.#text.split('\n').length - 1
  }

  override toDOM (): HTMLElement {
    const dom = document.createElement('span')
    dom.className = ghostClass
    dom.setAttribute('aria-hidden', 'true')
    dom.textContent = this.#text
    return dom
  }

  override updateDOM (dom: HTMLElement): boolean {
    dom.textContent = this.#text
    return true
  }

  /** The cursor before the ghost is as high as its first line, not as all of it. */
  override coordsAt (dom: HTMLElement): { left: number, right: number, top: number, bottom: number } | null {
    const first = dom.getClientRects()[0]
    return first === undefined ? null : { left: first.left, right: first.left, top: first.top, bottom: first.bottom }
  }

  /** Taps on it accept the ghost; clicks of a mouse go through to the editor. */
  override ignoreEvent (): boolean {
    return false
  }
}
