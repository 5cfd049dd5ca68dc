import type * as Monaco from 'monaco-editor'
import { beforeEach, describe, expect, test } from 'vitest'
import { monacoSuggestions, registerSuggestions, type MonacoApi } from '../src/monaco.js'
import { ManualSource } from './manual-source.js'

const monaco: MonacoApi & { registered: unknown[] } = {
  registered: [],
  languages: {
    InlineCompletionTriggerKind: { Automatic: 0, Explicit: 1 } as typeof Monaco.languages.InlineCompletionTriggerKind,
    registerInlineCompletionsProvider (selector, provider) {
      monaco.registered.push([selector, provider.displayName])
      return { dispose: () => { monaco.registered = [] } }
    }
  }
}

let source: ManualSource

beforeEach(() => {
  source = new ManualSource()
})

describe('a provider', () => {
  test('asks about the text, the cursor and the language of the model', async () => {
    const { request } = ask('é😀\r\nfor |\r\nx')
    expect(source.last).toMatchObject({ code: 'é😀\r\nfor \r\nx', position: 9, language: 'python', immediate: false })
    await source.last.answer('x in y')
    expect(await request).toEqual({
      items: [{ insertText: 'x in y', range: range(2, 5, 5) }],
      enableForwardStability: true
    })
  })

  test('asks for a language by the name the server has for it', async () => {
    ask('for |', {}, model => `my-${model.getLanguageId()}`)
    expect(source.last.language).toBe('my-python')
  })

  test('leaves the waiting to the source, which does not wait when the user asks', () => {
    const { provider } = ask('for |', { triggerKind: 1 })
    expect(provider.debounceDelayMs).toBe(0)
    expect(source.last.immediate).toBe(true)
  })

  test.each([
    ['edits', { includeInlineCompletions: false }],
    ['what goes with an item of the list', { selectedSuggestionInfo: {} as Monaco.languages.SelectedSuggestionInfo }]
  ])('asks nothing when Monaco wants %s', async (_, context) => {
    expect(await ask('for |', context).request).toBeNull()
    expect(source.asked).toHaveLength(0)
  })

  test.each([
    ['one line', 'for| x', ' y', { insertText: ' y', range: range(1, 4, 4) }],
    ['more lines than one, replacing the rest of the line', 'for |', 'x:\n  y', { insertText: 'x:\n  y', range: range(1, 5, 5) }],
    ['more lines than one, keeping white space behind them', 'for |  ', 'x:\n  y', { insertText: 'x:\n  y  ', range: range(1, 5, 7) }],
    ['only the first line in front of code', 'for | x', 'x:\n  y', { insertText: 'x:', range: range(1, 5, 5) }],
    ['nothing when the first line is empty in front of code', 'for |x', '\n  y', null],
    ['what is not typed yet', 'for |', { text: 'for x', position: 0 }, { insertText: 'x', range: range(1, 5, 5) }],
    ['nothing when something else is typed', 'for |', { text: 'while', position: 0 }, null],
    ['nothing in another line', 'a\n|', { text: '\nb', position: 1 }, null],
    ['nothing behind the cursor', '|ab', { text: 'b', position: 1 }, null],
    ['nothing when there is nothing', 'for |', null, null]
  ])('offers %s', async (_, marked, suggestion, item) => {
    const { request } = ask(marked)
    await source.last.answer(suggestion)
    expect(await request).toEqual(item && { items: [item], enableForwardStability: true })
  })

  test('takes the question back when Monaco cancels, even if it is answered', async () => {
    const { request, token } = ask('for |')
    token.cancel()
    expect(source.last.signal?.aborted).toBe(true)
    await source.last.answer('x')
    expect(await request).toBeNull()
    expect(token.listeners.size).toBe(0)
  })

  test('asks nothing when Monaco has cancelled already', async () => {
    const token = new Token()
    token.cancel()
    expect(await ask('for |', {}, undefined, token).request).toBeNull()
    expect(source.asked).toHaveLength(0)
  })

  test.each([
    ['changed', (model: Model) => { model.version++ }],
    ['gone', (model: Model) => { model.disposed = true }]
  ])('offers nothing for a model that has %s', async (_, act) => {
    const { request, model } = ask('for |')
    act(model)
    await source.last.answer('x')
    expect(await request).toBeNull()
  })

  test('can be registered for languages, and the registration be ended', () => {
    const registration = registerSuggestions(monaco, ['python'], { source })
    expect(monaco.registered).toEqual([[['python'], 'Tutti']])
    registration.dispose()
    expect(monaco.registered).toEqual([])
  })
})

/** Asks a provider about a text with a bar where the cursor is. */
function ask (
  marked: string, context: Partial<Monaco.languages.InlineCompletionContext> = {},
  language?: (model: Monaco.editor.ITextModel) => string, token = new Token()
) {
  const model = new Model(marked.replace('|', ''))
  const provider = monacoSuggestions(monaco, language === undefined ? { source } : { source, language })
  const request = provider.provideInlineCompletions(
    model as unknown as Monaco.editor.ITextModel,
    model.getPositionAt(marked.indexOf('|')) as Monaco.Position,
    {
      triggerKind: 0,
      selectedSuggestionInfo: undefined,
      includeInlineCompletions: true,
      includeInlineEdits: true,
      requestIssuedDateTime: 0,
      earliestShownDateTime: 0,
      ...context
    },
    token
  )
  return { provider, request, token, model }
}

function range (lineNumber: number, startColumn: number, endColumn: number): Monaco.IRange {
  return { startLineNumber: lineNumber, startColumn, endLineNumber: lineNumber, endColumn }
}

/** What a provider uses of a text model. */
class Model {
  version = 1
  disposed = false
  readonly #text: string

  constructor (text: string) {
    this.#text = text
  }

  getValue = () => this.#text
  getLanguageId = () => 'python'
  getVersionId = () => this.version
  isDisposed = () => this.disposed
  getLineContent = (lineNumber: number) => this.#text.split(/\r?\n/)[lineNumber - 1]

  getPositionAt (offset: number): Monaco.IPosition {
    const lines = this.#text.slice(0, offset).split('\n')
    return { lineNumber: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
  }

  getOffsetAt ({ lineNumber, column }: Monaco.IPosition): number {
    return this.#text.split('\n').slice(0, lineNumber - 1).reduce((length, line) => length + line.length + 1, column - 1)
  }
}

/** A token that a test can cancel. */
class Token implements Monaco.CancellationToken {
  isCancellationRequested = false
  readonly listeners = new Set<() => void>()

  onCancellationRequested = (listener: () => void) => {
    this.listeners.add(listener)
    return { dispose: () => { this.listeners.delete(listener) } }
  }

  cancel (): void {
    this.isCancellationRequested = true
    for (const listener of this.listeners) listener()
  }
}
