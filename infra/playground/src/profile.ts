import { isHexColor } from './colors'
import { friendlyName, tidyName } from './names'
import { isRecord, keep, load } from './storage'

/** Who somebody is to others. */
export interface Profile {
  name: string
  color: string | null // null: the one that the room gives
  asked: boolean // whether the person was asked for a name, and answered or not
}

const key = 'tutti.profile'

/** The profile kept in this browser, or a new one with a friendly name, which is kept. */
export function loadProfile (): Profile {
  const known = load(key, readProfile)
  if (known !== null) return known
  const fresh: Profile = { name: friendlyName(), color: null, asked: false }
  keepProfile(fresh)
  return fresh
}

/** Keeps a profile in this browser. */
export function keepProfile (profile: Profile): void {
  keep(key, profile)
}

/** Reads a profile that was kept. */
export function readProfile (value: unknown): Profile | null {
  if (!isRecord(value) || typeof value.name !== 'string') return null
  const name = tidyName(value.name)
  if (name === '') return null
  const color = value.color
  return { name, color: typeof color === 'string' && isHexColor(color) ? color : null, asked: value.asked === true }
}
