/** Why a room does not come back. */
export type GoneReason = 'not-found' | 'full' | 'forbidden' | 'too-large' | 'refused' | 'closed'

/** What to do after the end of a connection: it is final, or to come back, after a time if the server named one. */
export type Ending = { final: GoneReason } | { retryMs: number | undefined }

const reasons: ReadonlyMap<number, GoneReason> = new Map([
  [1009, 'too-large'], // a frame above the server's limit: the next connection would send it again
  [4003, 'forbidden'],
  [4403, 'forbidden'],
  [4004, 'not-found'],
  [4404, 'not-found'],
  [4005, 'full'],
  [4429, 'full'],
  [4413, 'too-large']
])

/** Reads a close frame of the server. */
export function ending (code: number, reason: string): Ending {
  const known = reasons.get(code)
  if (known !== undefined) return { final: known }
  if ((code >= 4000 && code <= 4099) || (code >= 4400 && code <= 4499)) return { final: 'refused' }
  return { retryMs: code === 1012 ? retryHint(reason) : undefined }
}

const longestTimer = 2 ** 31 - 1 // milliseconds: a longer one fires at once

function retryHint (reason: string): number | undefined {
  try {
    const ms = (JSON.parse(reason) as { retry_ms?: unknown } | null)?.retry_ms
    if (typeof ms === 'number' && ms >= 0) return Math.min(ms, longestTimer)
  } catch {
    // A restart without a hint is like any other end.
  }
  return undefined
}

/** What to tell people of the end of a room. */
export const goneMessages: Readonly<Record<GoneReason, string>> = {
  'not-found': 'there is no such room, or it is gone',
  full: 'the room is full',
  forbidden: 'the server does not let this page into the room',
  'too-large': 'the text has become too large for the server',
  refused: 'the server refused the connection',
  closed: 'the room was left'
}
