import type { Extension } from '@codemirror/state'
import { ViewPlugin, type EditorView } from '@codemirror/view'
import type { Room } from '@tutti-live/client'
import * as Y from 'yjs'

const atMostEvery = 40 // ms: dragging a selection moves the caret at each pixel

/** Shows the others where the own caret and selection are, in the form of y-codemirror.next. */
export function ownCursor (room: Room): Extension {
  return ViewPlugin.define(view => {
    let timer = 0
    let shown: string | null = null
    const show = () => {
      timer = 0
      const cursor = cursorOf(room, view)
      const form = JSON.stringify(cursor)
      if (form === shown) return
      shown = form
      room.awareness.setLocalStateField('cursor', cursor)
    }
    return {
      update: update => {
        const touched = update.selectionSet || update.docChanged || update.focusChanged
        // Who has not yet come into the editor has no caret to show.
        if (!touched || timer !== 0 || (shown === null && !view.hasFocus)) return
        timer = window.setTimeout(show, atMostEvery)
      },
      destroy: () => clearTimeout(timer)
    }
  })
}

function cursorOf (room: Room, view: EditorView): { anchor: Y.RelativePosition, head: Y.RelativePosition } {
  const { anchor, head } = view.state.selection.main
  const end = room.text.length
  const relative = (offset: number) => Y.createRelativePositionFromTypeIndex(room.text, Math.min(offset, end))
  return { anchor: relative(anchor), head: relative(head) }
}
