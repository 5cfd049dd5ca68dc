import { isRoomId } from './links'
import { isRecord, keep, load } from './storage'

/** A room that was visited in this browser. */
export interface RecentRoom {
  id: string
  language: string
  at: number // Unix time of the last visit, in milliseconds
}

const key = 'tutti.rooms'
const atMost = 6 // as many as fit under the form without scrolling

/** The rooms visited last, the newest first. */
export function recentRooms (): RecentRoom[] {
  return load(key, readRooms) ?? []
}

/** Puts a room at the head of the list. */
export function rememberRoom (id: string, language: string, at = Date.now()): void {
  keep(key, withRoom(recentRooms(), { id, language, at }))
}

/** Takes a room off the list. */
export function forgetRoom (id: string): void {
  keep(key, recentRooms().filter(room => room.id !== id))
}

/** A list with a room at its head, once, and not longer than it may be. */
export function withRoom (rooms: RecentRoom[], room: RecentRoom): RecentRoom[] {
  return [room, ...rooms.filter(other => other.id !== room.id)].slice(0, atMost)
}

/** Reads a list that was kept; what is no room is left out. */
export function readRooms (value: unknown): RecentRoom[] | null {
  if (!Array.isArray(value)) return null
  const rooms: RecentRoom[] = []
  for (const entry of value) {
    if (!isRecord(entry)) continue
    const { id, language, at } = entry
    if (typeof id !== 'string' || !isRoomId(id) || typeof language !== 'string' || typeof at !== 'number') continue
    rooms.push({ id, language, at })
  }
  return rooms.slice(0, atMost)
}

/** How long ago a visit was, in words. */
export function ago (at: number, now = Date.now()): string {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return hours === 1 ? '1 hour ago' : `${hours} hours ago`
  const days = Math.floor(hours / 24)
  return days === 1 ? 'yesterday' : `${days} days ago`
}
