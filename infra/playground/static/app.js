// The page of `make dev`: make a room or join one, and type together.
import { nearer, rebase, shift } from './merge.js'

const SEND_AFTER_MS = 100 // of not typing: whole texts are sent, so not at each key,
const SEND_AT_LATEST_MS = 1000 // but somebody who types without a pause is seen too
const MAX_MESSAGE_BYTES = 2 << 20 // a longer one would end the connection, again and again
const CURSOR_AFTER_MS = 50
const SUGGEST_AFTER_MS = 300
const SUGGEST_UP_TO = 1 << 18 // UTF-16 units: nothing is suggested for much longer texts
const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 10_000

const byId = id => document.getElementById(id)
const editor = byId('editor')
const roomID = location.pathname.slice(1)

const people = new Map() // user id → {color, name, cursor}
let me = '' // my user id; '' until the room let us in
let socket = null
let attempts = 0
let synced = '' // the text that the room and we last agreed on
let version = 0 // its version
let sent = null // a later text that was sent, until the room has it for sure
let language = ''
let composing = false // an input method is at work on a word
let held = null // the room's newest text, while composing
let sendTimer = 0
let unsentSince = 0
let cursorTimer = 0
let suggestTimer = 0
let suggestion = null // what Tab inserts; with the text and place that it is for

// say tells of the connection, also to screen readers; note, of each small change, does not.
const say = (text, state = '') => { byId('status').textContent = text; byId('status').dataset.state = state }
const note = text => { byId('saved').textContent = text }

// Start page

byId('create').addEventListener('click', async () => {
  try {
    const response = await fetch('/rooms', { method: 'POST' })
    const body = await response.json().catch(() => ({}))
    if (!response.ok) throw new Error(body.detail ?? `the server answered ${response.status}`)
    location.assign('/' + body.room_id)
  } catch (error) {
    complain(`No room was made: ${error.message}`)
  }
})

byId('join').addEventListener('submit', event => {
  event.preventDefault()
  const id = byId('room-id').value.trim().split(/[?#]/)[0].split('/').at(-1).toLowerCase()
  if (/^[0-9a-z]{6,32}$/.test(id)) location.assign('/' + id)
  else complain('The id of a room is 6 to 32 letters and digits, like a972ed.')
})

function complain (text) { byId('start-error').textContent = text }

function showStart (problem = '') {
  byId('room').hidden = true
  byId('start').hidden = false
  document.title = 'Tutti'
  say('')
  complain(problem)
}

// Room: what we do

byId('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(location.href)
    note('link copied')
  } catch { // it is only there on https and localhost, and may be forbidden
    note('copy the link from the address bar')
  }
})

editor.addEventListener('input', changed)
editor.addEventListener('compositionstart', () => { composing = true })
editor.addEventListener('compositionend', () => {
  composing = false
  if (held) takeText(held)
  changed()
})

function changed () {
  showSuggestion(null)
  clearTimeout(suggestTimer)
  suggestTimer = setTimeout(suggest, SUGGEST_AFTER_MS)
  clearTimeout(sendTimer)
  unsentSince ||= Date.now()
  sendTimer = setTimeout(sendText, Math.min(SEND_AFTER_MS, unsentSince + SEND_AT_LATEST_MS - Date.now()))
  if (!people.has(me)) note('not sent yet')
}

addEventListener('pagehide', sendText)

document.addEventListener('selectionchange', () => {
  if (document.activeElement !== editor) return
  if (suggestion && !isForNow(suggestion)) showSuggestion(null)
  cursorTimer ||= setTimeout(sendCursor, CURSOR_AFTER_MS)
})

function send (message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}

function sendText () {
  clearTimeout(sendTimer)
  if (composing || !people.has(me)) return // we come back here when that is over
  unsentSince = 0
  if (editor.value === (sent ?? synced)) return
  const message = { type: 'code_update', code: editor.value, base_version: version }
  if (new Blob([JSON.stringify(message)]).size > MAX_MESSAGE_BYTES) return note('too long to save')
  send(message)
  sent = editor.value
  note('saving…')
}

function sendCursor () {
  cursorTimer = 0
  const { value, selectionStart, selectionEnd, selectionDirection } = editor
  const before = value.slice(0, selectionDirection === 'backward' ? selectionStart : selectionEnd).split('\n')
  send({ type: 'cursor_move', line: before.length, column: before.at(-1).length + 1 })
}

// Room: what we hear

// takeText shows the room's text, with what was typed here and not sent yet.
function takeText (m) {
  held = composing ? m : null // a text that changes under an input method ends its word
  if (held) return
  const before = editor.value
  const after = rebase(sent ?? synced, before, m.code)
  const { selectionStart, selectionEnd, selectionDirection, scrollTop, scrollLeft } = editor
  synced = m.code
  version = m.version
  sent = null
  if (after === before) return
  showSuggestion(null)
  editor.value = after
  editor.setSelectionRange(shift(selectionStart, before, after), shift(selectionEnd, before, after), selectionDirection)
  editor.scrollTo(scrollLeft, scrollTop)
}

const handlers = {
  init (m) {
    const first = !me
    me = m.your_user_id
    language = m.language
    people.clear()
    for (const p of m.participants) people.set(p.id, { ...p, cursor: m.cursors[p.id] })
    // What was sent on the last connection may have come to the room or not.
    if (sent !== null) [synced, sent] = [nearer(m.code, sent, synced), null]
    takeText(m)
    attempts = 0
    editor.disabled = false
    if (first) editor.focus()
    say('connected')
    sendText()
    sendCursor()
  },
  code_update: takeText,
  user_joined: m => people.set(m.user_id, { ...people.get(m.user_id), id: m.user_id, color: m.color, name: m.name }),
  user_left: m => people.delete(m.user_id),
  cursor_move: m => people.set(m.user_id, { ...people.get(m.user_id), id: m.user_id, color: m.color, cursor: m }),
  language_changed (m) { language = m.language },
  saved (m) {
    // The version grows with a text of ours, and is not told for it.
    if (sent !== null && m.version > version) [synced, sent] = [sent, null]
    if (byId('saved').textContent && sent === null && editor.value === synced) note('saved')
  },
  error (m) {
    if (m.code === 'too_large') {
      sent = null
      note('too long to save')
    }
    say(m.message, 'problem')
  }
}

function connect () {
  if (!me && !attempts) say('connecting…') // later it would only interrupt
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  socket = new WebSocket(`${scheme}//${location.host}/ws/${roomID}`)
  socket.onopen = () => send({ type: 'hello', features: ['saved'] })
  socket.onmessage = event => {
    const message = JSON.parse(event.data)
    handlers[message.type]?.(message)
    showPeople()
  }
  socket.onclose = closed
}

function closed (event) {
  people.clear()
  showPeople()
  if (event.code >= 4000 && event.code < 4100) return giveUp(event) // it would be the same again
  setTimeout(connect, retryAfter(event))
  note(editor.value === synced ? '' : 'not sent yet')
  say(me ? 'offline – what you type is kept' : 'no connection – trying again', 'problem')
}

function giveUp (event) {
  const problem = event.code === 4004 ? `There is no room ${roomID} (any more).` : `You cannot join: ${event.reason}.`
  if (!me) return showStart(problem)
  editor.readOnly = true // what was written can still be copied
  say(problem, 'problem')
}

// retryAfter is what the server asks for, or a random time that grows, so that not all come back at once.
function retryAfter (event) {
  const grown = Math.random() * Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempts++)
  try {
    return JSON.parse(event.reason).retry_ms ?? grown
  } catch { // most have no reason
    return grown
  }
}

function showPeople () {
  const others = [...people.values()].filter(p => p.id !== me)
  byId('people').replaceChildren(...[people.get(me), ...others].filter(Boolean).map(p => {
    const item = document.createElement('li')
    item.style.setProperty('--color', p.color)
    item.textContent = p.id === me ? 'you' : p.name || `guest ${p.id.slice(0, 4)}`
    if (p.cursor) {
      const place = document.createElement('span')
      place.textContent = `${p.cursor.line}:${p.cursor.column}`
      place.title = 'line:column'
      item.append(' ', place)
    }
    return item
  }))
}

// Suggestions

async function suggest () {
  if (editor.value.length > SUGGEST_UP_TO || !people.has(me)) return
  const asked = { code: editor.value, cursor_position: editor.selectionEnd }
  if (language) asked.language = language
  const response = await fetch('/rooms/autocomplete', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(asked)
  }).catch(() => null)
  if (!response?.ok) return
  const answer = { ...asked, ...await response.json() }
  if (isForNow(answer)) showSuggestion(answer)
}

function isForNow (s) {
  return s.code === editor.value && s.cursor_position === editor.selectionStart && s.cursor_position === editor.selectionEnd
}

function showSuggestion (s) {
  suggestion = s
  byId('hint').textContent = s ? `Tab inserts: ${s.suggestion.replace(/\n\s*/g, ' ⏎ ')}` : ''
  byId('accept').hidden = !s
}

function accept () {
  const { suggestion: text, insert_position: at } = suggestion
  editor.setRangeText(text, at, at, 'end')
  editor.focus()
  changed()
}

editor.addEventListener('keydown', event => {
  if (event.key === 'Escape') showSuggestion(null)
  if (event.key !== 'Tab' || event.shiftKey || !suggestion) return // without a suggestion Tab leaves the editor
  event.preventDefault()
  accept()
})

byId('accept').addEventListener('click', accept) // telephones have no Tab

if (roomID) {
  byId('room').hidden = false
  byId('room-name').textContent = roomID
  document.title = `${roomID} · Tutti`
  connect()
} else {
  showStart()
}
