/** A CodeMirror editor for tests, in a DOM without layout. */
import type { Extension } from '@codemirror/state'
import { EditorView, runScopeHandlers } from '@codemirror/view'
import { ghostText, type GhostTextConfig } from '../src/codemirror.js'
import type { SuggestionSource } from '../src/suggestions.js'

/** Opens an editor with the cursor where the text has a bar. */
export function open (
  marked: string, config: Partial<GhostTextConfig> & { source: SuggestionSource }, ...extensions: Extension[]
): EditorView {
  const head = marked.indexOf('|')
  return new EditorView({
    doc: marked.replace('|', ''),
    selection: { anchor: head },
    extensions: [...extensions, ghostText({ language: () => 'python', ...config })],
    parent: document.body
  })
}

/** Types text at the cursor, all at once. */
export function type (view: EditorView, text: string, userEvent = 'input.type'): void {
  view.dispatch({ ...view.state.replaceSelection(text), userEvent })
}

/** Presses a key as a user does. Returns whether somebody handled it. */
export function press (view: EditorView, key: string, modifiers: KeyboardEventInit = {}): boolean {
  return runScopeHandlers(view, new KeyboardEvent('keydown', { key, ...modifiers }), 'editor')
}

/** The text and the cursor in it as a bar, and the ghost text there in brackets. */
export function picture (view: EditorView): string {
  const { doc, selection } = view.state
  const head = selection.main.head
  const ghosts = [...view.contentDOM.querySelectorAll('.cm-ghostText')].map(ghost => `[${ghost.textContent}]`)
  return `${doc.sliceString(0, head)}|${ghosts.join('')}${doc.sliceString(head)}`
}

/** What screen readers are told now. */
export function announced (view: EditorView): string[] {
  return [...view.dom.querySelectorAll('.cm-announced > div')].map(div => div.textContent)
}
