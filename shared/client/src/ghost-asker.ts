import { ChangeSet, type ChangeDesc, Facet, type StateEffect, Transaction } from '@codemirror/state'
import { EditorView, logException, type PluginValue, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { restAtCursor } from './fit.js'
import { canInsert, type Ghost, ghostClass, ghostField, setGhost, typedSince } from './ghost-state.js'
import type { Suggestion, SuggestionSource } from './suggestions.js'

/** What ghost text needs to know. */
export interface GhostTextConfig {
  /** Who is asked for suggestions. */
  readonly source: SuggestionSource
  /** Language of the text, read anew for each question. */
  readonly language: () => string
  /** The key that accepts a suggestion, in CodeMirror's notation. Default Tab. */
  readonly acceptKey?: string
  /** The key that asks for one without waiting. Default Alt-\. */
  readonly triggerKey?: string
  /**
   * The Y.UndoManager that was given to yCollab. With it, accepting is an undo
   * step of its own: Yjs joins what is changed within half a second.
   */
  readonly undoManager?: { stopCapturing(): void }
}

/** The configuration of an editor's ghost text. */
export const ghostConfig = Facet.define<GhostTextConfig, GhostTextConfig | undefined>({
  combine: configs => configs[0]
})

/** A question on its way, and what happened to the text since. */
interface Asked {
  readonly cancel: AbortController
  readonly position: number
  readonly language: string
  changes: ChangeDesc
}

/** Asks for a suggestion when the user's typing pauses, and shows it if it still fits. */
export class Asker implements PluginValue {
  readonly #view: EditorView
  readonly #asked = new Set<Asked>()
  /** Whether the user typed in a composition, during which nothing is asked, and did nothing else since. */
  #composed = false
  /** How the last press on the editor was made: mouse, touch or pen. */
  pointerType = ''

  constructor (view: EditorView) {
    this.#view = view
  }

  update (update: ViewUpdate): void {
    for (const asked of this.#asked) asked.changes = asked.changes.composeDesc(update.changes)
    if (update.transactions.some(isTyping)) {
      if (update.view.compositionStarted) this.#awaitComposition()
      else if (update.state.field(ghostField) === null) this.ask()
    } else if (update.transactions.some(isOtherAct)) {
      this.#composed = false
      this.cancel()
    }
  }

  /** Asks what may follow the cursor. Older questions stay: an answer to them may still fit. */
  ask (immediate = false): boolean {
    const { state } = this.#view
    const config = state.facet(ghostConfig)
    if (config === undefined || !this.#canShow()) return false
    const asked: Asked = {
      cancel: new AbortController(),
      position: state.selection.main.head,
      language: config.language(),
      changes: ChangeSet.empty(state.doc.length)
    }
    this.#asked.add(asked)
    config.source.ask({
      code: state.doc.toString(),
      position: asked.position,
      language: asked.language,
      signal: asked.cancel.signal,
      immediate
    }).then(
      suggestion => this.#answered(asked, suggestion),
      error => logException(state, error, 'suggestion')
    ).finally(() => this.#asked.delete(asked))
    return true
  }

  /** Takes back all questions. */
  cancel (): void {
    for (const asked of this.#asked) asked.cancel.abort()
    this.#asked.clear()
  }

  destroy (): void {
    this.cancel()
  }

  /** Asks when the composition is over. On Android the editor's element may get its input from an EditContext. */
  #awaitComposition (): void {
    this.#composed = true
    const element: HTMLElement & { editContext?: EventTarget | null } = this.#view.contentDOM
    const target = element.editContext ?? element
    target.addEventListener('compositionend', this.#compositionEnded, { once: true })
  }

  readonly #compositionEnded = (): void => {
    if (this.#composed) this.ask()
    this.#composed = false
  }

  #canShow (): boolean {
    return !this.#view.compositionStarted && canInsert(this.#view.state)
  }

  #answered (asked: Asked, suggestion: Suggestion | null): void {
    if (suggestion === null || asked.cancel.signal.aborted || !this.#canShow()) return
    const config = this.#view.state.facet(ghostConfig)
    if (config === undefined || config.language() !== asked.language) return
    const ghost = this.#fit(asked, suggestion)
    if (ghost === null) return
    this.cancel()
    this.#view.dispatch({ effects: [setGhost.of(ghost), this.#announcement(ghost, config.acceptKey)] })
  }

  /** Places a suggestion for the text of the question in the text of now. */
  #fit (asked: Asked, suggestion: Suggestion): Ghost | null {
    const { doc, selection: { main: { head } } } = this.#view.state
    const typed = typedSince(asked.changes, suggestion.position, asked.position, doc, head)
    if (typed === null) return null
    const text = restAtCursor(suggestion, typed, doc.sliceString(head, doc.lineAt(head).to))
    return text === '' ? null : { text, position: head }
  }

  #announcement (ghost: Ghost, acceptKey = 'Tab'): StateEffect<string> {
    const line = ghost.text.split('\n').find(line => line.trim() !== '') ?? ''
    return EditorView.announce.of(this.#view.state.phrase('Suggestion: $1. $2 to accept', line.trim(), acceptKey))
  }
}

/** Whether the user typed a character or a new line. Pasting, deleting and accepting are no typing. */
function isTyping (tr: Transaction): boolean {
  const event = tr.annotation(Transaction.userEvent)
  return tr.docChanged && (event === 'input' || tr.isUserEvent('input.type'))
}

/** Whether the user did something else, or the cursor was put elsewhere. */
function isOtherAct (tr: Transaction): boolean {
  return tr.annotation(Transaction.userEvent) !== undefined || (tr.selection !== undefined && !tr.docChanged)
}

/** Whether an event is on the ghost text. */
function isOnGhost (event: Event): boolean {
  return event.target instanceof Element && event.target.closest(`.${ghostClass}`) !== null
}

/** The plugin that asks. Taps on the ghost accept it with `accept`. */
export function askerPlugin (accept: (view: EditorView) => boolean): ViewPlugin<Asker> {
  return ViewPlugin.fromClass(Asker, {
    eventHandlers: {
      pointerdown (event) {
        this.pointerType = event.pointerType
      },
      // The tap itself puts the cursor where the ghost is, which is where it was.
      click (event, view) {
        return this.pointerType !== 'mouse' && isOnGhost(event) && accept(view)
      }
    }
  })
}
