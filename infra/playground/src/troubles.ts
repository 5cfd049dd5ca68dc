import { TuttiError } from '@tutti-live/client'

/** What somebody is told when a request failed. */
export function explain (error: unknown): string {
  if (!(error instanceof TuttiError)) return `Something went wrong here: ${String(error)}`
  if (error.status === undefined) return 'Tutti cannot be reached. Check the connection, and try again.'
  if (error.status === 413) return 'The text is too large for a room. Copy it, and take a part of it.'
  if (error.status === 429) return 'That was too often in a short time. Wait a moment, and try again.'
  if (error.status >= 500) return 'Tutti is busy or being repaired. Try again in a moment.'
  return error.message
}
