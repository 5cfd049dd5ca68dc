import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, Transaction, type Extension } from '@codemirror/state'
import {
  drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers,
  placeholder, rectangularSelection, ViewPlugin
} from '@codemirror/view'
import type { Room } from '@tutti-live/client'
import { ghostText } from '@tutti-live/client/codemirror'
import type { SuggestionSource } from '@tutti-live/client/suggestions'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import * as Y from 'yjs'
import { h } from './dom'
import { darkness, editorLook } from './editor-theme'
import { takesBack } from './follow'
import { languageSupport } from './language-support'
import { languageOf } from './languages'
import { ownCursor } from './own-cursor'
import { remoteCursors } from './remote-cursors'
import { currentTheme, onTheme } from './theme'
import type { Place } from './status-bar'

/** What an editor tells of. */
export interface EditorEvents {
  placed: (place: Place) => void
  used: () => void // its person types, scrolls or points
  saveAsked: () => void // by Ctrl-S, of habit: everything is saved as it is typed
}

/** The editor of a room. */
export interface Editor {
  element: HTMLElement
  setLanguage: (id: string) => void
  setEditable: (editable: boolean) => void
  setSuggestions: (on: boolean) => void
  show: (offset: number) => void // scrolls there
  focus: () => void
  destroy: () => void
}

/**
 * Makes the editor of a room. It stands in a shadow root: CodeMirror then uses
 * constructed style sheets, which a strict Content-Security-Policy allows.
 */
export function createEditor (room: Room, source: SuggestionSource, suggestions: boolean, events: EditorEvents): Editor {
  const element = h('div', { class: 'editor', id: 'editor', 'data-editor': true })
  const shadow = element.attachShadow({ mode: 'open' })
  const hint = h('p', { id: 'leave-hint', hidden: true }, 'Tab indents. To leave the editor, press Escape, then Tab.')
  shadow.append(hint)

  const language = new Compartment()
  const editable = new Compartment()
  const ghost = new Compartment()
  const theme = new Compartment()
  const undoManager = new Y.UndoManager(room.text, { trackedOrigins: new Set() })
  const suggest = (on: boolean): Extension => on ? ghostText({ source, language: () => room.language, undoManager }) : []
  const lock = (open: boolean): Extension => [EditorState.readOnly.of(!open), EditorView.editable.of(open)]

  room.text.observe(showObjects) // before the binding, which knows text only
  const view = new EditorView({
    root: shadow,
    parent: shadow,
    state: EditorState.create({
      doc: plainText(room.text),
      extensions: [
        EditorState.lineSeparator.of('\n'), // a carriage return that another editor wrote is a unit of the text
        EditorView.clipboardInputFilter.of(text => text.replace(/\r\n?/g, '\n')),
        ghost.of(suggest(suggestions)),
        surface(room, undoManager),
        language.of([]),
        editable.of(lock(false)),
        theme.of(darkness(currentTheme() === 'dark')),
        editorLook,
        watch(events)
      ]
    })
  })
  let wanted = ''
  const stopTheme = onTheme(name => view.dispatch({ effects: theme.reconfigure(darkness(name === 'dark')) }))

  return {
    element,
    setLanguage: id => {
      wanted = id
      void loadLanguage(id).then(support => {
        if (wanted === id) view.dispatch({ effects: language.reconfigure(support) }) // it may have changed again
      })
    },
    setEditable: open => view.dispatch({ effects: editable.reconfigure(lock(open)) }),
    setSuggestions: on => view.dispatch({ effects: ghost.reconfigure(suggest(on)) }),
    show: offset => view.dispatch({
      effects: EditorView.scrollIntoView(Math.min(offset, view.state.doc.length), { y: 'nearest', x: 'nearest', yMargin: 96, xMargin: 48 })
    }),
    focus: () => view.focus(),
    destroy: () => {
      stopTheme()
      view.destroy()
      room.text.unobserve(showObjects)
      undoManager.destroy()
    }
  }
}

const objectSign = '\uFFFC' // stands for what is no text, which has the length 1 in Yjs

/** The text, unit for unit as it is in the document: toString leaves out what is no text. */
function plainText (text: Y.Text): string {
  return (text.toDelta() as { insert: unknown }[]).map(({ insert }) => typeof insert === 'string' ? insert : objectSign).join('')
}

function showObjects (event: Y.YTextEvent): void {
  for (const part of event.delta) if (part.insert !== undefined && typeof part.insert !== 'string') part.insert = objectSign
}

// Words of the search panel, with a capital as everywhere here.
const phrases = {
  next: 'Next', previous: 'Previous', all: 'All', 'match case': 'Match case', regexp: 'Pattern', 'by word': 'Whole word',
  replace: 'Replace', 'replace all': 'Replace all', close: 'Close the search'
}

/** What the editor is and does, in every language. */
function surface (room: Room, undoManager: Y.UndoManager): Extension {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    drawSelection(),
    dropCursor(),
    EditorState.allowMultipleSelections.of(true),
    EditorState.tabSize.of(4),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    rectangularSelection(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorState.phrases.of(phrases),
    placeholder(() => h('span', { class: 'cm-invitation', 'data-text': 'Type here. Whoever has the link sees it at once.' })),
    keymap.of([...closeBracketsKeymap, ...yUndoManagerKeymap, ...searchKeymap, indentWithTab, ...defaultKeymap]),
    EditorView.contentAttributes.of({ 'aria-label': `Code of room ${room.id}`, 'aria-describedby': 'leave-hint' }),
    yCollab(room.text, null, { undoManager }),
    ownCursor(room),
    remoteCursors(room)
  ]
}

function watch (events: EditorEvents): Extension {
  const used = () => events.used()
  return [
    keymap.of([{ key: 'Mod-s', run: () => { events.saveAsked(); return true } }]),
    EditorView.updateListener.of(update => {
      if (update.transactions.some(transaction => transaction.annotation(Transaction.userEvent) !== undefined)) used() // also by menu or voice
      if (!update.selectionSet && !update.docChanged) return
      const { main } = update.state.selection
      const line = update.state.doc.lineAt(main.head)
      const before = line.text.slice(0, main.head - line.from)
      const selected = update.state.sliceDoc(main.from, main.to)
      events.placed({ line: line.number, column: [...before].length + 1, selected: [...selected].length })
    }),
    EditorView.domEventObservers({
      keydown: event => { if (takesBack(event.key)) used() }
    }),
    ViewPlugin.define(view => { // also beside the text: over the line numbers, on the scroll bar
      const signs = ['wheel', 'touchmove', 'pointerdown']
      for (const sign of signs) view.scrollDOM.addEventListener(sign, used, { passive: true })
      return { destroy: () => { for (const sign of signs) view.scrollDOM.removeEventListener(sign, used) } }
    })
  ]
}

async function loadLanguage (id: string): Promise<Extension> {
  const unit = indentUnit.of(languageOf(id).indent)
  try {
    return [unit, await languageSupport(id)]
  } catch (error) {
    console.warn(`the colours of ${id} could not be fetched: ${String(error)}`)
    return unit
  }
}
