import './styles/people.css'
import './styles/room.css'
import { joinRoom, type Room } from '@tutti-live/client'
import { suggestions } from '@tutti-live/client/suggestions'
import * as Y from 'yjs'
import { announce } from './announce'
import { apiOrigin, socketUrl } from './config'
import { button, fill, h } from './dom'
import { createEditor } from './editor'
import { showEnd } from './end-page'
import { followedAfter, type FollowEvent } from './follow'
import { icon } from './icons'
import { languageOf, languageSelect } from './languages'
import { roomLink, type LinkForm } from './links'
import { askName } from './name-dialog'
import { plainColor } from './colors'
import { changesInWords, peopleIn, type Person } from './people'
import { peopleBar } from './people-bar'
import { keepProfile, loadProfile, type Profile } from './profile'
import { recentRooms, rememberRoom } from './recent-rooms'
import { reachOf } from './remote-cursors'
import { saveLight } from './save-light'
import { statusBar, suggestionsWanted } from './status-bar'
import { topBar } from './top-bar'
import { fitToViewport } from './viewport'

/**
 * Shows a room. A document that is given is merged into it: the text of an earlier
 * try, when the room was full.
 */
export function showRoom (id: string, form: LinkForm, doc = new Y.Doc()): void {
  const page = new RoomPage(id, form, doc)
  page.start()
}

const userOf = (profile: Profile) => profile.color === null ? { name: profile.name } : { name: profile.name, color: profile.color }

const settlesAfter = 4000 // ms after a sync: others who lost the same server come back a little later

/** The page of one room, as long as it is open. */
class RoomPage {
  private readonly room: Room
  private profile = loadProfile()
  private people: readonly Person[] = []
  private followed: number | null = null
  private entered = false
  private chosenLanguage = ''
  private shownLanguage: string | null = null

  // After a loss it takes a moment until everybody is seen again.
  private settled = true
  private settling: ReturnType<typeof setTimeout> | undefined

  private readonly light = saveLight()
  private readonly crowd = peopleBar({ follow: id => this.follow({ type: 'choose', id }), rename: () => { void this.rename(false) } })
  private readonly language = languageSelect({ 'aria-label': 'Language of this room', 'data-control': 'language' }, id => this.chooseLanguage(id))
  private readonly status = statusBar(on => this.editor.setSuggestions(on))
  private readonly banner = h('div', { class: 'banner-place' })
  private readonly chip = h('div', { class: 'chip-place' })
  private readonly loading = h('div', { class: 'loading', 'aria-hidden': 'true' }, ...[38, 62, 0, 46, 70, 54, 24].map(width => h('span', { class: `w${width}` })))
  private readonly editor
  private readonly stopFitting: () => void

  constructor (private readonly id: string, private readonly form: LinkForm, doc: Y.Doc) {
    this.room = joinRoom(socketUrl(id), { doc, user: userOf(this.profile) })
    this.editor = createEditor(this.room, suggestions(apiOrigin(), { roomId: id }), suggestionsWanted(), {
      placed: place => this.status.showPlace(place),
      used: () => this.follow({ type: 'stop' }),
      saveAsked: () => this.light.remind()
    })
    this.stopFitting = fitToViewport()
  }

  start (): void {
    document.title = `${this.id} · Tutti`
    document.body.className = 'room-page'
    fill(document.body,
      h('a', { class: 'skip-link', href: '#editor', on: { click: event => { event.preventDefault(); this.editor.focus() } } }, 'Skip to the editor'),
      topBar({
        id: this.id, link: roomLink(location.origin, this.id, this.form),
        language: this.language.element, light: this.light.element, people: this.crowd.element
      }),
      this.banner,
      h('main', { class: 'stage' }, h('h1', { class: 'visually-hidden' }, `Room ${this.id}`), this.editor.element, this.loading, this.chip),
      this.status.element
    )
    this.status.showPlace({ line: 1, column: 1, selected: 0 })
    this.showLanguage()
    this.room.on('status', () => this.showStatus())
    this.room.on('language', () => this.showLanguage())
    this.room.on('sync', () => { this.settle(); this.enter() })
    this.room.on('error', error => console.info(`the room reports: ${error.message}`))
    this.room.awareness.on('change', this.showPeople)
    this.room.text.observe(this.keepFollowing)
    addEventListener('beforeunload', this.guard)
    this.showStatus()
    this.showPeople()
  }

  private readonly guard = (event: BeforeUnloadEvent) => { if (this.room.unsaved) event.preventDefault() }

  /** The text is there for the first time: people can type. */
  private enter (): void {
    if (this.entered) return
    this.entered = true
    this.loading.remove()
    this.editor.setEditable(true)
    this.showLanguage()
    rememberRoom(this.id, this.shownLanguage ?? '')
    if (!this.profile.asked) void this.rename(true)
    else this.beginTyping()
  }

  private beginTyping (): void {
    if (matchMedia('(pointer: fine)').matches) this.editor.focus() // elsewhere a keyboard would cover the text
  }

  private showStatus (): void {
    const { status } = this.room
    this.light.show(status)
    if (status === 'gone') {
      this.end()
      return
    }
    const offline = status === 'offline'
    if (offline) this.unsettle()
    this.showPeople()
    const wasOffline = this.banner.firstChild !== null
    if (offline === wasOffline) return
    fill(this.banner, offline && this.offlineBanner())
    announce(offline ? 'Offline. What you type is kept here.' : 'Connected again.')
  }

  private offlineBanner (): HTMLElement {
    const text = this.entered
      ? 'You are offline. Go on typing: it is kept here, and merged when the connection is back.'
      : 'The room cannot be reached yet. Tutti keeps trying.'
    return h('section', { class: 'banner', 'aria-label': 'Connection', 'data-banner': 'offline' },
      icon('cloudOff'), h('p', {}, text),
      button({ class: 'quiet', 'data-action': 'retry' }, () => this.room.retry(), 'Try now'))
  }

  private chooseLanguage (id: string): void {
    this.chosenLanguage = id
    this.room.setLanguage(id)
    this.showLanguage()
  }

  private showLanguage (): void {
    const known = recentRooms().find(room => room.id === this.id)?.language ?? ''
    const id = this.room.language || (this.entered ? 'plaintext' : known)
    if (id === this.shownLanguage) return
    this.shownLanguage = id
    this.language.show(id)
    this.status.showLanguage(id)
    this.editor.setLanguage(id)
    if (!this.entered) return
    rememberRoom(this.id, id)
    if (id !== this.chosenLanguage) announce(`The language is now ${languageOf(id).label}.`)
  }

  private readonly showPeople = () => {
    if (this.room.status === 'gone') return
    const people = peopleIn(this.room.awareness.getStates(), this.room.doc.clientID)
    const said = this.entered && this.settled ? changesInWords(this.people, people) : ''
    if (said !== '') announce(said)
    this.people = people
    this.status.showPeople(this.room.status === 'offline' ? null : people.length)
    if (this.settled) this.follow({ type: 'present', ids: people.map(person => person.id) })
    this.crowd.show(people, this.followed)
    this.keepFollowing()
  }

  private unsettle (): void {
    clearTimeout(this.settling)
    this.settled = false
  }

  private settle (): void {
    if (this.settled) return
    clearTimeout(this.settling)
    this.settling = setTimeout(() => {
      this.settled = true
      this.showPeople()
    }, settlesAfter)
  }

  private follow (event: FollowEvent): void {
    const before = this.followed
    this.followed = followedAfter(before, event)
    if (this.followed === before) return
    this.crowd.show(this.people, this.followed)
    const person = this.people.find(one => one.id === this.followed)
    fill(this.chip, person !== undefined && this.followChip(person))
    announce(person === undefined ? 'Following ended.' : `Following ${person.name}.`)
    this.keepFollowing()
  }

  private followChip (person: Person): HTMLElement {
    const stop = button({ class: 'chip', 'data-following': person.id, 'aria-label': `Following ${person.name}. Stop` },
      () => this.follow({ type: 'stop' }), icon('eye'), h('span', {}, `Following ${person.name}`), icon('cross'))
    stop.style.setProperty('--person', person.color)
    return stop
  }

  private readonly keepFollowing = () => {
    if (this.followed === null) return
    queueMicrotask(() => { // the editor may be in the middle of an update now
      const reach = this.followed === null || this.room.status === 'gone' ? null : reachOf(this.room, this.followed)
      if (reach !== null) this.editor.show(reach.head)
    })
  }

  private async rename (first: boolean): Promise<void> {
    const own = this.people.find(person => person.you)
    this.profile = await askName(this.profile, own?.color ?? plainColor, first)
    keepProfile(this.profile)
    if (this.room.status === 'gone') return
    this.room.setUser(userOf(this.profile))
    if (first) this.beginTyping()
  }

  /** The room is over: what it was is taken down, and the text offered. */
  private end (): void {
    const unguard = () => removeEventListener('beforeunload', this.guard)
    if (!this.room.unsaved) unguard()
    clearTimeout(this.settling)
    this.room.text.unobserve(this.keepFollowing)
    document.querySelector('dialog')?.close()
    this.stopFitting()
    this.editor.destroy()
    const { goneReason, text, doc } = this.room
    this.room.close()
    if (goneReason === null || goneReason === 'closed') return
    showEnd({
      reason: goneReason, id: this.id, form: this.form, text: text.toString(), language: this.room.language,
      retry: () => {
        unguard()
        showRoom(this.id, this.form, doc)
      },
      leave: unguard
    })
  }
}
