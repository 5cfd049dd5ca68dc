import { ObservableV2 } from 'lib0/observable'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Backoff, type BackoffOptions } from './backoff.js'
import { goneMessages, type GoneReason } from './closing.js'
import { Connection } from './connection.js'
import { callOut, throwLater, TuttiError } from './errors.js'
import { Language } from './language.js'
import { Ledger } from './ledger.js'
import * as messages from './messages.js'
import { watchPage } from './page.js'
import { Presence, type User } from './presence.js'
import type { SocketClass } from './socket.js'
import { lacks, socketClass, socketURL } from './joining.js'

/**
 * How a room stands:
 *
 * - `connecting`: never in sync yet
 * - `live`: in sync, and nothing was typed here so far, or the server does not say what it has saved
 * - `saving`: something typed here is not known to be saved
 * - `saved`: all typed here is
 * - `offline`: there is no connection; what is typed is kept in the document, and merged when there is one
 * - `gone`: final; `goneReason` says why
 */
export type RoomStatus = 'connecting' | 'live' | 'saving' | 'saved' | 'offline' | 'gone'

/** Events of a room. */
export type RoomEvents = {
  status: (status: RoomStatus, room: Room) => void
  /** The language of the text is another one, whoever chose it. */
  language: (id: string) => void
  /** The document has all that the server has: after each connecting. */
  sync: () => void
  /** Something was refused, or could not be read, or the room is gone. */
  error: (error: TuttiError) => void
}

/** How to join a room. */
export interface JoinOptions {
  /** The document to use. What is in it is merged into the room. */
  doc?: Y.Doc
  /** Name of the text in the document. Default: that of the url's `text`, or `code`. */
  textName?: string
  /** Who joins. */
  user?: User
  /** Used instead of the global `WebSocket`, as that of the package `ws`. */
  WebSocket?: SocketClass
  /** Bounds of the time between attempts to connect. Default: 500 ms to 10 s. */
  backoff?: BackoffOptions
}

/** How the promise of the first sync is settled. */
interface FirstSync {
  resolve: () => void
  reject: (error: TuttiError) => void
}

/** Joins a room. `url` is its socket of the Yjs protocol (`yjsUrl` of a created room). */
export function joinRoom (url: string | URL, options: JoinOptions = {}): Room {
  return new Room(url, options)
}

/**
 * A room that was joined: a document that is kept the same for all in the room,
 * through lost connections. The document is the user's, and can be used on when
 * the room is gone.
 */
export class Room extends ObservableV2<RoomEvents> {
  readonly id: string
  readonly url: string
  readonly doc: Y.Doc
  readonly text: Y.Text
  readonly awareness: Awareness

  /** The first sync. Rejects with a `TuttiError` when the room is gone before that. */
  readonly synced: Promise<void>

  #status: RoomStatus = 'connecting'
  #goneReason: GoneReason | null = null
  #inSync = false
  #wasLost = false
  readonly #firstSync: FirstSync
  readonly #ledger = new Ledger()
  readonly #language: Language
  readonly #presence: Presence
  readonly #connection: Connection
  readonly #unwatch: () => void

  constructor (url: string | URL, options: JoinOptions = {}) {
    super()
    const { url: address, id, textName } = socketURL(url, options.textName)
    const Socket = socketClass(options.WebSocket)
    this.id = id
    this.url = address
    this.doc = options.doc ?? new Y.Doc()
    this.text = this.doc.getText(textName)
    let firstSync!: FirstSync
    this.synced = new Promise((resolve, reject) => { firstSync = { resolve, reject } })
    this.synced.catch(() => {}) // who does not wait for it hears of the end by other ways
    this.#firstSync = firstSync

    this.#presence = new Presence(this.doc, () => this.#say())
    this.awareness = this.#presence.awareness
    this.#language = new Language(
      language => { this.#connection.send(messages.room({ type: 'language_change', language })) },
      id => this.#tell('language', [id])
    )
    if (this.doc.store.clients.size > 0) this.#ledger.edited()
    this.#connection = new Connection(address, Socket, new Backoff(options.backoff), {
      opened: () => this.#opened(),
      received: frame => this.#received(frame),
      lost: () => this.#lost(),
      refused: (reason, status) => this.#finish(reason, status),
      failed: error => this.#tell('error', [error])
    })
    this.doc.on('update', this.#edited)
    this.doc.on('destroy', this.#leave)
    this.#unwatch = watchPage({
      online: () => this.retry(),
      offline: () => this.#connection.drop(),
      hidden: () => this.#hide(),
      shown: () => this.#show()
    })
    if (options.user !== undefined) this.setUser(options.user)
    this.#connection.connect()
  }

  get status (): RoomStatus {
    return this.#status
  }

  /** Why the room is gone; null as long as it is not. */
  get goneReason (): GoneReason | null {
    return this.#goneReason
  }

  /** Language of the text; `''` until it is known. */
  get language (): string {
    return this.#language.current
  }

  /** Something typed here is not known to be saved: who leaves now may lose it. */
  get unsaved (): boolean {
    const sentToOldServer = this.#inSync && this.#ledger.complete && !this.#ledger.told
    return this.#ledger.dirty && !sentToOldServer
  }

  /** Chooses the language of the text, for all. Without a connection it is said when there is one. */
  setLanguage (id: string): void {
    this.#language.choose(id)
  }

  /** Says who sits here: the field `user` of the awareness state, as editor bindings read it. */
  setUser (user: User): void {
    this.#presence.setUser(user)
  }

  /** Tries to connect now, if there is no connection. */
  retry (): void {
    this.#connection.retry()
  }

  /** Leaves the room. What was typed is sent before, if there is a connection. */
  close (): void {
    this.#leave()
  }

  /** Leaves the room, and forgets all listeners. */
  override destroy (): void {
    this.close()
    super.destroy()
  }

  #leave = (): void => {
    this.#flush()
    this.#finish('closed')
    this.doc.off('update', this.#edited)
    this.doc.off('destroy', this.#leave)
  }

  #opened (): void {
    this.#ledger.restart()
    this.#connection.send(messages.room({ type: 'hello', features: ['saved'] }))
    this.#connection.send(messages.step1(this.doc))
    this.#presence.renew()
  }

  #received (frame: Uint8Array): void {
    for (const message of messages.read(frame)) {
      if (!this.#connection.open) return // a listener has left the room
      this.#take(message)
    }
    this.#refresh()
  }

  #take (message: messages.Message): void {
    switch (message.type) {
      case 'step1':
        if (this.#ledger.typed || lacks(message.vector, this.doc)) this.#ledger.lacking() // a vector says nothing of deletions
        this.#ledger.complete = true
        this.#count(messages.step2(this.doc, message.vector))
        break
      case 'update':
        this.#apply(message.update)
        if (message.answer) this.#arrived()
        break
      case 'awareness':
        this.#presence.hear(message.update)
        break
      case 'query-awareness':
        this.#say()
        break
      case 'room':
        this.#heed(message.message)
    }
  }

  #heed (message: messages.RoomMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#ledger.told = true
        this.#presence.color(message.color)
        this.#language.welcome(message.language, message.userId)
        break
      case 'language_changed':
        this.#language.heard(message.language, message.userId)
        break
      case 'saved':
        this.#ledger.saved(message.updates)
        break
      case 'error':
        this.#language.refused()
        this.#tell('error', [new TuttiError(message.message, { code: message.code })])
    }
  }

  #apply (update: Uint8Array): void {
    try {
      Y.applyUpdate(this.doc, update, this)
    } catch (error) {
      if (!messages.isUpdate(update)) throw error
      throwLater(error) // a listener of the document threw it, after the update was applied
    }
  }

  /** All that the server has is here. */
  #arrived (): void {
    if (this.#inSync || !this.#connection.open) return
    this.#inSync = true
    this.#presence.colorless() // or the server had said by now
    this.#connection.steady()
    this.#firstSync.resolve()
    this.#refresh()
    this.#tell('sync', [])
  }

  #edited = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return
    this.#ledger.edited()
    if (this.#ledger.complete) this.#count(messages.update(update))
    this.#refresh()
  }

  /** Sends an edit or an answer, which the server counts. One that cannot be sent is in the answer of the next connection. */
  #count (frame: Uint8Array<ArrayBuffer>): void {
    if (this.#connection.send(frame)) this.#ledger.sent()
    else this.#ledger.restart()
  }

  /** Sends all that is here, if there is something that was not sent because the server has not asked yet. */
  #flush (): void {
    if (this.#ledger.complete || !this.#ledger.dirty) return
    this.#connection.send(messages.update(Y.encodeStateAsUpdate(this.doc)))
  }

  #say (): void {
    this.#connection.send(messages.awareness(this.awareness))
  }

  #lost (): void {
    this.#wasLost = true
    this.#inSync = false
    this.#ledger.restart()
    this.#language.lost()
    this.#refresh() // first: the others have not left
    this.#presence.alone()
  }

  #hide (): void {
    this.#flush()
    this.#presence.leave()
    this.#connection.pause()
  }

  #show (): void {
    this.#presence.comeBack()
    this.#connection.resume()
  }

  #finish (reason: GoneReason, status?: number): void {
    if (this.#goneReason !== null) return
    this.#goneReason = reason
    this.#unwatch()
    this.#presence.destroy() // while that can still be said
    this.#connection.end()
    this.#inSync = false
    this.#ledger.restart()
    const error = new TuttiError(goneMessages[reason], { code: reason, status })
    this.#firstSync.reject(error)
    this.#refresh()
    if (reason !== 'closed') this.#tell('error', [error])
  }

  #refresh (): void {
    const status = this.#assess()
    if (status === this.#status) return
    this.#status = status
    this.#tell('status', [status, this])
  }

  #assess (): RoomStatus {
    if (this.#goneReason !== null) return 'gone'
    if (!this.#inSync) return this.#wasLost ? 'offline' : 'connecting'
    if (!this.#connection.open) return 'offline' // it is closing
    if (!this.#ledger.told) return 'live'
    if (this.#ledger.dirty) return 'saving'
    return this.#ledger.typed ? 'saved' : 'live'
  }

  /** Emits an event. A listener that throws does not keep us from going on. */
  #tell<E extends keyof RoomEvents> (event: E, args: Parameters<RoomEvents[E]>): void {
    callOut(() => this.emit(event, args))
  }
}
