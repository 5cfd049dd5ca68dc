import { applyAwarenessUpdate, Awareness, removeAwarenessStates } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { callOut } from './errors.js'

/** Who sits here, as the others see it. */
export interface User {
  name: string
  /** A CSS colour. Without one it is the one that the server gives. */
  color?: string
}

// The server's colours: one of them for servers that do not name ours.
const colors = ['#C72626', '#1C978F', '#1E7D92', '#B3471D', '#24B792', '#CBAA27', '#9A26CB', '#278BC1'] as const

/** Who is in a room, and where. Of one's own state it makes sure that the others know it. */
export class Presence {
  readonly awareness: Awareness
  #user: User | null = null
  #given: string | null = null // colour; one that is only supposed would take it from somebody else
  #away: Record<string, unknown> | null = null // own state while the page is hidden

  /** `say` is called when the own state has to be sent. */
  constructor (doc: Y.Doc, private readonly say: () => void) {
    this.awareness = new Awareness(doc)
    this.awareness.on('update', this.#updated)
  }

  /** Says who sits here. */
  setUser (user: User): void {
    this.#user = user
    this.#describe()
  }

  /** The server has chosen a colour. */
  color (given: string): void {
    if (given === this.#given) return
    this.#given = given
    if (this.#user !== null && this.#user.color === undefined) this.#describe()
  }

  /** The server chooses no colours. */
  colorless (): void {
    if (this.#given === null) this.color(colors[this.awareness.clientID % colors.length] ?? colors[0])
  }

  /** Sends the own state with a new clock: others may have taken us for gone, and know the old one. */
  renew (): void {
    const state = this.awareness.getLocalState()
    if (state !== null) callOut(() => this.awareness.setLocalState(state))
  }

  /** Takes in what others say. */
  hear (update: Uint8Array): void {
    const own = this.awareness.getLocalState()
    callOut(() => applyAwarenessUpdate(this.awareness, update, this))
    if (own !== null && this.awareness.getLocalState() !== own) callOut(() => this.awareness.setLocalState(own)) // nobody else says who sits here
  }

  /** Forgets the others, who cannot be seen any more. They are new when they are seen again, whatever their clocks say. */
  alone (): void {
    const { awareness } = this
    const others = [...awareness.meta.keys()].filter(id => id !== awareness.clientID)
    callOut(() => removeAwarenessStates(awareness, others, this))
    for (const id of others) awareness.meta.delete(id)
  }

  /** Says that nobody sits here, for a while. */
  leave (): void {
    this.#away ??= this.awareness.getLocalState()
    callOut(() => this.awareness.setLocalState(null))
  }

  /** Says again who sits here. */
  comeBack (): void {
    const state = this.#away
    this.#away = null
    if (state !== null) callOut(() => this.awareness.setLocalState(state))
  }

  /** Says that nobody sits here any more, and ends. */
  destroy (): void {
    this.alone()
    callOut(() => this.awareness.destroy())
    clearInterval(this.awareness._checkInterval) // which it does not reach if a listener throws
  }

  #describe (): void {
    if (this.#user === null) return
    const { name, color = this.#given } = this.#user
    const user = color === null ? { name } : { name, color, colorLight: light(color) }
    if (this.#away !== null) this.#away = { ...this.#away, user }
    else callOut(() => this.awareness.setLocalStateField('user', user))
  }

  #updated = (changes: { added: number[], updated: number[], removed: number[] }): void => {
    const { clientID } = this.awareness
    if (Object.values(changes).some(ids => ids.includes(clientID))) this.say()
  }
}

/** A colour as the background of selected text. */
function light (color: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? `${color}33` : `color-mix(in srgb, ${color} 20%, transparent)`
}
