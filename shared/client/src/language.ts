const valid = /^[a-z0-9._+#-]{1,32}$/

/**
 * The language of a room's text, which everyone in it shares. A choice made here
 * holds at once; it is said when it can be, until the server has repeated it.
 */
export class Language {
  /** Id of the language; `''` until it is known. */
  current = ''

  #server = '' // as the server said last
  #chosen: string | null = null // here, and not repeated by the server
  #me: string | null = null // by which the server knows us on this connection; null: there is none

  /** `say` tells the server a choice, `changed` is called when `current` has changed. */
  constructor (private readonly say: (id: string) => void, private readonly changed: (id: string) => void) {}

  /** Chooses a language. */
  choose (id: string): void {
    if (!valid.test(id)) throw new RangeError(`a language is 1 to 32 of a-z 0-9 . _ + # -, not ${JSON.stringify(id)}`)
    if (this.#chosen === null && id === this.current) return
    this.#chosen = id
    if (this.#me !== null) this.say(id)
    this.#set(id)
  }

  /** The server greets, and says what the language is. */
  welcome (id: string, me: string): void {
    this.#me = me
    this.#server = id
    if (this.#chosen === id) this.#chosen = null
    if (this.#chosen === null) this.#set(id)
    else this.say(this.#chosen)
  }

  /** The server says that somebody has chosen a language. */
  heard (id: string, by: string): void {
    this.#server = id
    if (this.#chosen === id) this.#chosen = null
    else if (this.#chosen !== null && by === this.#me) return // an earlier choice of ours
    this.#set(id)
  }

  /** The server refused what was chosen here. */
  refused (): void {
    if (this.#chosen === null) return
    this.#chosen = null
    this.#set(this.#server)
  }

  /** The connection has ended. */
  lost (): void {
    this.#me = null
  }

  #set (id: string): void {
    if (id === this.current) return
    this.current = id
    this.changed(id)
  }
}
