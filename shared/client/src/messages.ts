import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { encodeAwarenessUpdate, modifyAwarenessUpdate, type Awareness } from 'y-protocols/awareness'
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate, writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'

// A frame is a type and what belongs to it. Types 0 to 3 are those of y-websocket;
// 100 is a message of Tutti's JSON room protocol.
const typeSync = 0
const typeAwareness = 1
const typeQueryAwareness = 3
const typeRoom = 100

/** A message of the JSON room protocol that a Yjs client can be sent. */
export type RoomMessage =
  | { type: 'welcome', userId: string, color: string, language: string }
  | { type: 'language_changed', language: string, userId: string }
  | { type: 'saved', updates: number }
  | { type: 'error', code: string, message: string }

/** A message of the JSON room protocol that a Yjs client can send. */
export type RoomRequest =
  | { type: 'hello', features: string[] }
  | { type: 'language_change', language: string }

/** What a server can say. */
export type Message =
  | { type: 'step1', vector: Uint8Array }
  | { type: 'update', update: Uint8Array, answer: boolean }
  | { type: 'awareness', update: Uint8Array }
  | { type: 'query-awareness' }
  | { type: 'room', message: RoomMessage }

/**
 * Reads a frame, and throws if it cannot be read. The messages in it that are of
 * an unknown type are left out, with all that follows: nobody can tell where they end.
 */
export function read (frame: Uint8Array): Message[] {
  const decoder = decoding.createDecoder(frame)
  const messages: Message[] = []
  do {
    const type = decoding.readVarUint(decoder)
    if (type === typeSync) messages.push(readSync(decoder))
    else if (type === typeAwareness) messages.push(readAwareness(decoder))
    else if (type === typeQueryAwareness) messages.push({ type: 'query-awareness' })
    else if (type === typeRoom) messages.push(...readRoom(decoding.readVarString(decoder)))
    else break
  } while (decoding.hasContent(decoder))
  return messages
}

function readSync (decoder: decoding.Decoder): Message {
  const kind = decoding.readVarUint(decoder)
  const bytes = decoding.readVarUint8Array(decoder)
  switch (kind) {
    case messageYjsSyncStep1:
      Y.decodeStateVector(bytes)
      return { type: 'step1', vector: bytes }
    case messageYjsSyncStep2:
    case messageYjsUpdate:
      return { type: 'update', update: bytes, answer: kind === messageYjsSyncStep2 }
    default:
      throw new Error(`a sync message of kind ${kind}`)
  }
}

function readAwareness (decoder: decoding.Decoder): Message {
  const update = decoding.readVarUint8Array(decoder)
  modifyAwarenessUpdate(update, (state: unknown) => state) // so that all of it is known to be readable
  return { type: 'awareness', update }
}

/** Reads a room message: none if it is of a type that is not known. */
function readRoom (json: string): Message[] {
  const said: unknown = JSON.parse(json)
  if (typeof said !== 'object' || said === null) throw new Error('a room message that is no object')
  const fields = said as Record<string, unknown>
  const message = roomMessage(fields)
  return message === null ? [] : [{ type: 'room', message }]
}

function roomMessage (fields: Record<string, unknown>): RoomMessage | null {
  const text = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string') throw new Error(`a room message without ${name}`)
    return value
  }
  switch (text('type')) {
    case 'welcome':
      return { type: 'welcome', userId: text('your_user_id'), color: text('your_color'), language: text('language') }
    case 'language_changed':
      return { type: 'language_changed', language: text('language'), userId: text('user_id') }
    case 'saved':
      if (typeof fields.updates !== 'number') throw new Error('a room message without updates')
      return { type: 'saved', updates: fields.updates }
    case 'error':
      return { type: 'error', code: text('code'), message: text('message') }
    default:
      return null
  }
}

/** Tells whether an update of a document can be read. */
export function isUpdate (update: Uint8Array): boolean {
  try {
    Y.decodeUpdate(update)
    return true
  } catch {
    return false
  }
}

/** Asks for what a document lacks. */
export function step1 (doc: Y.Doc): Uint8Array<ArrayBuffer> {
  return frame(typeSync, e => writeSyncStep1(e, doc))
}

/** Answers who has what a state vector says. */
export function step2 (doc: Y.Doc, vector: Uint8Array): Uint8Array<ArrayBuffer> {
  return frame(typeSync, e => writeSyncStep2(e, doc, vector))
}

/** Tells an edit. */
export function update (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return frame(typeSync, e => writeUpdate(e, bytes))
}

/** Tells one's own state of awareness. */
export function awareness (a: Awareness): Uint8Array<ArrayBuffer> {
  return frame(typeAwareness, e => encoding.writeVarUint8Array(e, encodeAwarenessUpdate(a, [a.clientID])))
}

/** Makes a room message. */
export function room (request: RoomRequest): Uint8Array<ArrayBuffer> {
  return frame(typeRoom, e => encoding.writeVarString(e, JSON.stringify(request)))
}

function frame (type: number, write: (encoder: encoding.Encoder) => void): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, type)
  write(encoder)
  return encoding.toUint8Array(encoder)
}
