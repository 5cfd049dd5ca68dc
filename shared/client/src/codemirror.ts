/** Suggestions as ghost text at the cursor of a CodeMirror 6 editor. */
import { isolateHistory } from '@codemirror/commands'
import { type Extension, Prec, Text } from '@codemirror/state'
import { type Command, EditorView, keymap } from '@codemirror/view'
import { nextWord } from './fit.js'
import { askerPlugin, ghostConfig, type GhostTextConfig } from './ghost-asker.js'
import { ghostField, setGhost, shownSuggestion } from './ghost-state.js'

export type { GhostTextConfig } from './ghost-asker.js'
export { type Ghost, shownSuggestion } from './ghost-state.js'

/**
 * Shows suggestions as ghost text at the cursor when the user's typing pauses.
 *
 * Tab accepts one, Ctrl-ArrowRight (Cmd on a Mac) its next word, Escape
 * dismisses it, and so does all else but typing what it says. On a touch screen
 * a tap on it accepts it. Without a suggestion, the keys do what they did.
 */
export function ghostText (config: GhostTextConfig): Extension {
  const { acceptKey = 'Tab', triggerKey = 'Alt-\\' } = config
  return [
    ghostConfig.of(config),
    ghostField,
    asker,
    theme,
    Prec.highest(keymap.of([
      { key: acceptKey, run: acceptSuggestion },
      { key: 'Mod-ArrowRight', run: acceptNextWord },
      { key: 'Escape', run: dismissSuggestion },
      { key: triggerKey, run: requestSuggestion }
    ]))
  ]
}

/** Inserts the suggestion that is shown. */
export const acceptSuggestion: Command = view => accept(view, text => text)

/** Inserts the next word of the suggestion that is shown, and leaves the rest. */
export const acceptNextWord: Command = view => accept(view, nextWord)

/** Takes the suggestion away that is shown. */
export const dismissSuggestion: Command = view => {
  if (shownSuggestion(view.state) === null) return false
  view.dispatch({ effects: setGhost.of(null) })
  return true
}

/** Asks for a suggestion at the cursor, without waiting. */
export const requestSuggestion: Command = view =>
  shownSuggestion(view.state) !== null || (view.plugin(asker)?.ask(true) ?? false)

const asker = askerPlugin(acceptSuggestion)

function accept (view: EditorView, part: (text: string) => string): boolean {
  const ghost = shownSuggestion(view.state)
  if (ghost === null) return false
  const text = part(ghost.text)
  const undoManager = view.state.facet(ghostConfig)?.undoManager
  undoManager?.stopCapturing()
  view.dispatch({
    changes: { from: ghost.position, insert: Text.of(text.split('\n')) },
    selection: { anchor: ghost.position + text.length },
    annotations: isolateHistory.of('full'),
    userEvent: 'input.complete',
    scrollIntoView: true
  })
  undoManager?.stopCapturing()
  return true
}

/** Both greys have a contrast of at least 4.5 on the usual backgrounds, and are told from comments by the slant. */
const theme = EditorView.baseTheme({
  '.cm-ghostText': {
    fontStyle: 'italic',
    userSelect: 'none',
    WebkitUserSelect: 'none',
    // Beside a cursor in a narrow editor, the text wraps where the text of the line does.
    whiteSpace: 'inherit'
  },
  '&light .cm-ghostText': { color: 'var(--tutti-ghost-text, #626b75)' },
  '&dark .cm-ghostText': { color: 'var(--tutti-ghost-text, #9aa2ac)' },
  '@media (forced-colors: active)': {
    '.cm-ghostText': { color: 'GrayText' }
  }
})
