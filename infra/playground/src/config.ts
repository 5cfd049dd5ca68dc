import { roomLink, type LinkForm } from './links'

function meta (name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content.trim() ?? ''
}

/** Where the API is: as the page says, or where the page itself is. */
export function apiOrigin (): string {
  return apiElsewhere() || location.origin
}

function apiElsewhere (): string {
  return meta('tutti-api').replace(/\/$/, '')
}

const madeHere = (id: string) => `tutti.yjs_url.${id}`

/** Notes where the socket of a room is that was made in this tab: the API said so. */
export function rememberSocket (id: string, yjsUrl: string): void {
  try {
    sessionStorage.setItem(madeHere(id), yjsUrl)
  } catch (error) {
    console.info(`the address of the relay could not be kept: ${String(error)}`)
  }
}

/**
 * The address of a room's socket. Where the page, the API and the relay are one
 * host, it is that host, by whatever name somebody came: the API knows one only.
 */
export function socketUrl (id: string): string {
  return socketAddress({ relay: meta('tutti-relay'), api: apiElsewhere(), told: toldSocket(id), page: location.origin }, id)
}

/** Chooses among the addresses that are known; '' is for what is not. */
export function socketAddress (known: { relay: string, api: string, told: string, page: string }, id: string): string {
  if (known.relay === '' && known.api !== '' && known.told !== '') return known.told
  const host = known.relay || (known.api || known.page).replace(/^http/, 'ws')
  return `${host.replace(/\/$/, '')}/yjs/${id}`
}

function toldSocket (id: string): string {
  try {
    return sessionStorage.getItem(madeHere(id)) ?? ''
  } catch (error) {
    console.info(`the address of the relay could not be read: ${String(error)}`)
    return ''
  }
}

/** The form of links to rooms that were not entered by one: as the page says. */
export function linkForm (): LinkForm {
  return meta('tutti-links') === 'hash' ? 'hash' : 'path'
}

/** Goes to a room. A whole page is loaded, so that the browser guards unsaved text. */
export function enter (id: string, form = linkForm()): void {
  location.assign(roomLink(location.origin, id, form))
}
