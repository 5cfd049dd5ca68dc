/** Suggestions as inline completions of the Monaco editor. */
import type * as Monaco from 'monaco-editor'
import { restAtCursor } from './fit.js'
import type { Suggestion, SuggestionSource } from './suggestions.js'

/** What is used of the namespace that `import * as monaco from 'monaco-editor'` gives. */
export interface MonacoApi {
  readonly languages: Pick<typeof Monaco.languages, 'InlineCompletionTriggerKind' | 'registerInlineCompletionsProvider'>
}

/** How Monaco's suggestions are asked for. */
export interface MonacoSuggestionOptions {
  /** Who is asked for suggestions. */
  readonly source: SuggestionSource
  /** Language of a text as the server calls it. Default: the language of the model. */
  readonly language?: (model: Monaco.editor.ITextModel) => string
}

/** Offers suggestions in editors of these languages, until it is disposed. */
export function registerSuggestions (
  monaco: MonacoApi, languages: Monaco.languages.LanguageSelector, options: MonacoSuggestionOptions
): Monaco.IDisposable {
  return monaco.languages.registerInlineCompletionsProvider(languages, monacoSuggestions(monaco, options))
}

/**
 * Returns a provider for monaco.languages.registerInlineCompletionsProvider.
 *
 * The source waits for the typing to pause, so Monaco is told not to; what the
 * user asks for explicitly is asked at once.
 */
export function monacoSuggestions (
  monaco: MonacoApi, { source, language = model => model.getLanguageId() }: MonacoSuggestionOptions
): Monaco.languages.InlineCompletionsProvider {
  return {
    displayName: 'Tutti',
    debounceDelayMs: 0,
    async provideInlineCompletions (model, position, context, token) {
      // With an item selected in the list of completions, only what begins like it would be shown.
      if (!context.includeInlineCompletions || context.selectedSuggestionInfo !== undefined) return null
      const version = model.getVersionId()
      const suggestion = await withToken(token, signal => source.ask({
        code: model.getValue(),
        position: model.getOffsetAt(position),
        language: language(model),
        immediate: context.triggerKind === monaco.languages.InlineCompletionTriggerKind.Explicit,
        signal
      }))
      if (suggestion === null || model.isDisposed() || model.getVersionId() !== version) return null
      const item = inlineCompletion(model, position, suggestion)
      return item === null ? null : { items: [item], enableForwardStability: true }
    },
    // A list holds nothing but strings.
    disposeInlineCompletions () {}
  }
}

/** Asks with a signal that is aborted when Monaco cancels its token. */
async function withToken<T> (
  token: Monaco.CancellationToken, ask: (signal: AbortSignal) => Promise<T>
): Promise<T | null> {
  const cancel = new AbortController()
  const listener = token.onCancellationRequested(() => cancel.abort())
  try {
    if (token.isCancellationRequested) return null
    const answer = await ask(cancel.signal)
    return token.isCancellationRequested ? null : answer
  } finally {
    listener.dispose()
  }
}

/**
 * Returns the completion that inserts what of a suggestion is not there yet.
 *
 * Monaco shows several lines only if they replace the rest of the line, so then
 * the rest, which is white space, is both replaced and inserted again.
 */
function inlineCompletion (
  model: Monaco.editor.ITextModel, cursor: Monaco.Position, suggestion: Suggestion
): Monaco.languages.InlineCompletion | null {
  const { lineNumber, column } = cursor
  const line = model.getLineContent(lineNumber)
  const start = model.getPositionAt(suggestion.position)
  if (start.lineNumber !== lineNumber || start.column > column) return null
  const after = line.slice(column - 1)
  const text = restAtCursor(suggestion, line.slice(start.column - 1, column - 1), after)
  if (text === '') return null
  const replaced = text.includes('\n') ? after : ''
  const range = {
    startLineNumber: lineNumber,
    startColumn: column,
    endLineNumber: lineNumber,
    endColumn: column + replaced.length
  }
  return { insertText: text + replaced, range }
}
