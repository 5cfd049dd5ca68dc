// The page of `make dev`: make a room or join one, and type together.
import { rebase, shift } from './merge.js'

const SEND_AFTER_MS = 100 // of not typing: whole texts are sent, so not at each key
const SUGGEST_AFTER_MS = 300
const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 10_000

const byId = id => document.getElementById(id)
const editor = byId('editor')
const roomID = location.pathname.slice(1)

const people = new Map() // user id → {color, name, cursor}
let me = ''
let socket = null
let attempts = 0
let synced = '' // the text that the room and we last agreed on
let version = 0 // its version
let sendTimer = 0
let suggestTimer = 0
let suggestion = null

const say = text => { byId('status').textContent = text }

// Start page

byId('create').addEventListener('click', async () => {
  try {
    const response = await fetch('/rooms', { method: 'POST' })
    const body = await response.json()
    if (!response.ok) throw new Error(body.detail)
    location.assign('/' + body.room_id)
  } catch (error) {
    byId('start-error').textContent = `No room was made: ${error.message}`
  }
})

byId('join').addEventListener('submit', event => {
  event.preventDefault()
  location.assign('/' + byId('room-id').value.trim())
})

// Room

byId('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(location.href)
  say('link copied')
})

editor.addEventListener('input', () => {
  clearTimeout(sendTimer)
  sendTimer = setTimeout(sendText, SEND_AFTER_MS)
  clearTimeout(suggestTimer)
  showSuggestion(null)
  suggestTimer = setTimeout(suggest, SUGGEST_AFTER_MS)
})

document.addEventListener('selectionchange', () => {
  if (document.activeElement !== editor) return
  const before = editor.value.slice(0, editor.selectionEnd).split('\n')
  send({ type: 'cursor_move', line: before.length, column: before.at(-1).length + 1 })
})

editor.addEventListener('keydown', event => {
  if (event.key === 'Escape') showSuggestion(null)
  if (event.key !== 'Tab' || event.shiftKey || !suggestion) return // without a suggestion Tab leaves the editor
  event.preventDefault()
  const at = suggestion.insert_position
  editor.setRangeText(suggestion.suggestion, at, at, 'end')
  editor.dispatchEvent(new Event('input'))
})

function send (message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}

function sendText () {
  sendTimer = 0
  if (socket?.readyState !== WebSocket.OPEN || editor.value === synced) return
  send({ type: 'code_update', code: editor.value, base_version: version })
  synced = editor.value
  say('sent')
}

// takeText shows the room's text, with what was typed here and not sent yet.
function takeText (text, itsVersion) {
  const before = editor.value
  const after = rebase(synced, before, text)
  const { selectionStart, selectionEnd } = editor
  synced = text
  version = itsVersion
  if (after === before) return
  editor.value = after
  editor.setSelectionRange(shift(selectionStart, before, after), shift(selectionEnd, before, after))
}

const handlers = {
  init (m) {
    me = m.your_user_id
    people.clear()
    for (const p of m.participants) people.set(p.id, { ...p, cursor: m.cursors[p.id] })
    takeText(m.code, m.version)
    editor.disabled = false
    editor.focus()
    say('connected')
    sendText()
  },
  code_update: m => takeText(m.code, m.version),
  user_joined: m => people.set(m.user_id, { ...people.get(m.user_id), id: m.user_id, color: m.color, name: m.name }),
  user_left: m => people.delete(m.user_id),
  cursor_move: m => people.set(m.user_id, { ...people.get(m.user_id), id: m.user_id, color: m.color, cursor: m }),
  saved: () => say('saved'),
  error: m => say(m.message)
}

function connect () {
  say('connecting…')
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  socket = new WebSocket(`${scheme}//${location.host}/ws/${roomID}`)
  socket.onopen = () => {
    attempts = 0
    send({ type: 'hello', features: ['saved'] })
  }
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
  if (event.code >= 4000 && event.code < 4100) { // these will not change by trying again
    editor.disabled = true
    say(event.code === 4004 ? 'there is no such room (any more)' : event.reason)
    return
  }
  let wait = Math.random() * Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempts++)
  if (event.code === 1012) wait = JSON.parse(event.reason).retry_ms
  say('offline: what you type is sent when the connection is back')
  setTimeout(connect, wait)
}

function showPeople () {
  byId('people').replaceChildren(...[...people.values()].map(p => {
    const item = document.createElement('li')
    item.style.setProperty('--color', p.color)
    const name = p.id === me ? 'you' : p.name || p.id.slice(0, 4)
    item.textContent = p.cursor ? `${name} ${p.cursor.line}:${p.cursor.column}` : name
    return item
  }))
}

async function suggest () {
  const asked = { code: editor.value, cursor_position: editor.selectionEnd }
  const response = await fetch('/rooms/autocomplete', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(asked)
  }).catch(() => null)
  const current = editor.value === asked.code && editor.selectionEnd === asked.cursor_position
  if (response?.ok && current) showSuggestion(await response.json())
}

function showSuggestion (s) {
  suggestion = s
  byId('hint').textContent = s ? `Tab inserts: ${s.suggestion}` : ''
}

if (roomID) {
  byId('room').hidden = false
  byId('room-name').textContent = roomID
  connect()
} else {
  byId('start').hidden = false
}
