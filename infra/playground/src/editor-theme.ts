import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

// The colours are those of the page, which change with its theme; only CodeMirror's
// own defaults need to know whether it is dark.
const look = {
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: 'var(--code-size)', lineHeight: '1.65', overscrollBehavior: 'contain' },
  '.cm-content': { padding: '14px 0 40vh', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 24px 0 10px' },
  '.cm-cursor, .cm-dropCursor': { borderLeft: '2px solid var(--ink)', marginLeft: '-1px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--selection)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-faint)', border: 'none', paddingLeft: '6px' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '34px', padding: '0 12px 0 6px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--active-line)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)', borderRadius: '2px' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'transparent', color: 'var(--bad)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--match)' },
  '.cm-searchMatch': { backgroundColor: 'var(--found)', outline: '1px solid var(--found-line)', borderRadius: '2px' },
  '.cm-searchMatch.cm-searchMatch-selected': { backgroundColor: 'var(--found-line)' },
  '.cm-placeholder': { color: 'var(--ink-faint)' },
  '.cm-invitation::before': { content: 'attr(data-text)' },
  '.cm-specialChar': { color: 'var(--bad)' }
}

const panels = {
  '.cm-panels': { backgroundColor: 'var(--canvas)', color: 'var(--ink)', zIndex: '5' },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '10px 44px 10px 14px', fontFamily: 'var(--font)', fontSize: '14px', display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '6px' },
  '.cm-panel.cm-search br': { display: 'none' },
  '.cm-panel.cm-search .cm-textfield': {
    minHeight: 'var(--target)', flex: '1 1 150px', maxWidth: '260px', margin: '0', padding: '0 10px', fontSize: 'inherit', fontFamily: 'inherit', color: 'var(--ink)',
    backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius-small)'
  },
  '.cm-panel.cm-search .cm-button': {
    minHeight: 'var(--target)', margin: '0', padding: '0 12px', fontSize: 'inherit', fontFamily: 'inherit', color: 'var(--ink)', cursor: 'pointer',
    background: 'var(--raised)', border: '1px solid var(--line-mid)', borderRadius: 'var(--radius-small)'
  },
  '.cm-panel.cm-search .cm-button:hover': { background: 'var(--hover)' },
  '.cm-panel.cm-search label': { display: 'inline-flex', alignItems: 'center', gap: '5px', margin: '0 4px', minHeight: 'var(--target)', fontSize: '13px', color: 'var(--ink-soft)' },
  '.cm-panel.cm-search input[type=checkbox]': { margin: '0', accentColor: 'var(--accent-fill)' },
  '.cm-panel.cm-search [name=close]': { top: '10px', right: '10px', width: 'var(--target)', height: 'var(--target)', fontSize: '18px', color: 'var(--ink-soft)', cursor: 'pointer', borderRadius: 'var(--radius-small)' },
  '.cm-panel :focus-visible': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-dialog label': { fontSize: '14px' }
}

// A person's colour is made lighter on a dark page, so that every one can be seen.
const others = {
  '.cm-others-selection': { position: 'absolute', forcedColorAdjust: 'none', backgroundColor: 'color-mix(in srgb, var(--person) var(--tint), transparent)' },
  '.cm-others-carets': { zIndex: '150' },
  '.cm-others-caret': {
    position: 'absolute', width: '2px', marginLeft: '-1px', forcedColorAdjust: 'none', backgroundColor: 'color-mix(in oklab, var(--person), white var(--lighten))', borderRadius: '1px',
    transition: 'left 90ms ease-out, top 90ms ease-out'
  },
  '.cm-others-caret::before': { content: '""', position: 'absolute', inset: '0 -4px', pointerEvents: 'auto' },
  '.cm-others-caret::after': {
    content: '""', position: 'absolute', top: '-2px', left: '-2px', width: '6px', height: '6px', borderRadius: '50%', backgroundColor: 'inherit'
  },
  '.cm-others-name': {
    position: 'absolute', left: '-1px', bottom: '100%', padding: '1px 7px', borderRadius: '5px 5px 5px 0', pointerEvents: 'none', whiteSpace: 'nowrap',
    backgroundColor: 'var(--person)', color: 'var(--on-person)', font: '600 11.5px/1.5 var(--font)', opacity: '0', transition: 'opacity 160ms'
  },
  '.cm-below .cm-others-name': { bottom: 'auto', top: '100%', borderRadius: '0 5px 5px 5px' },
  '.cm-named .cm-others-name, .cm-others-caret:hover .cm-others-name': { opacity: '1' },
  '@media (prefers-reduced-motion: reduce)': { '.cm-others-caret, .cm-others-name': { transition: 'none' } }
}

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword, tags.self, tags.bool, tags.null, tags.atom], color: 'var(--word-keyword)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.labelName, tags.heading, tags.link], color: 'var(--word-name)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp, tags.character, tags.inserted], color: 'var(--word-string)' },
  { tag: [tags.number, tags.literal, tags.escape, tags.color, tags.unit, tags.changed], color: 'var(--word-number)' },
  { tag: [tags.comment, tags.quote], color: 'var(--word-comment)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.tagName, tags.standard(tags.variableName)], color: 'var(--word-type)' },
  { tag: [tags.meta, tags.processingInstruction, tags.attributeName, tags.annotation, tags.definition(tags.propertyName)], color: 'var(--word-meta)' },
  { tag: [tags.invalid, tags.deleted], color: 'var(--bad)' },
  { tag: tags.heading, fontWeight: '650' },
  { tag: tags.strong, fontWeight: '650' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.link, textDecoration: 'underline' }
])

/** How the editor looks. */
export const editorLook: Extension = [EditorView.theme({ ...look, ...panels, ...others }), syntaxHighlighting(colors)]

/** What tells CodeMirror whether its own colours are to be dark. */
export function darkness (dark: boolean): Extension {
  return EditorView.theme({}, { dark })
}
