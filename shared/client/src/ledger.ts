/**
 * Keeps account of what was typed here, and what of it the server has saved.
 *
 * The server counts what a connection brought: edits, and answers to its question
 * what it lacks. When as many are saved as were sent, and nothing waits to be
 * sent, all is saved.
 */
export class Ledger {
  /** Something was typed here, ever. */
  typed = false

  /** Something that is here is not known to be saved. */
  dirty = false

  /** The server of this connection says what it has saved. */
  told = false

  /** The server was told on this connection all it lacked: from then on edits are sent one by one. */
  complete = false

  #sent = 0

  /** A connection begins, or has ended: what was sent on the last one and not confirmed may be lost. */
  restart (): void {
    this.told = false
    this.complete = false
    this.#sent = 0
  }

  /** Something was typed here. */
  edited (): void {
    this.typed = true
    this.dirty = true
  }

  /** The server lacks something that is here, whoever typed it. */
  lacking (): void {
    this.dirty = true
  }

  /** One edit or answer was sent. */
  sent (): void {
    this.#sent++
  }

  /** The first so many of them are saved. */
  saved (updates: number): void {
    this.told = true
    if (this.complete && updates >= this.#sent) this.dirty = false
  }
}
