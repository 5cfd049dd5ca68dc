/** What bears on whom somebody follows. */
export type FollowEvent =
  | { type: 'choose', id: number }
  | { type: 'stop' }
  | { type: 'present', ids: readonly number[] } // who is in the room now

/** Whom to follow after an event; null for nobody. Choosing the same person again ends it. */
export function followedAfter (followed: number | null, event: FollowEvent): number | null {
  switch (event.type) {
    case 'choose': return event.id === followed ? null : event.id
    case 'stop': return null
    case 'present': return followed !== null && event.ids.includes(followed) ? followed : null
  }
}

const passive = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'Tab', 'Fn'])

/** Reports whether a key takes the view back to its own person. Alone, Shift and the like do not. */
export function takesBack (key: string): boolean {
  return !passive.has(key)
}
