const roomId = /^[0-9a-z]{6,32}$/

/** How the links of rooms look: /{id}, or /#{id} where a host serves index.html only at /. */
export type LinkForm = 'path' | 'hash'

/** The room that a page's address names, and in which form; null for the start page. */
export function roomOf (address: { pathname: string, hash: string }): { id: string, form: LinkForm } | null {
  const byPath = address.pathname.replace(/^\/|\/$/g, '').toLowerCase()
  if (byPath !== '' && byPath !== 'index.html') return { id: byPath, form: 'path' }
  const byHash = address.hash.replace(/^#\/?/, '').toLowerCase()
  return roomId.test(byHash) ? { id: byHash, form: 'hash' } : null
}

/** Reports whether a room can have this id. */
export function isRoomId (id: string): boolean {
  return roomId.test(id)
}

/** The id in what somebody pasted: an id, or a link of any form. Null if there is none. */
export function parseRoom (input: string): string | null {
  const text = input.trim().replace(/^[<"']+|[>"']+$/g, '')
  if (text === '' || /\s/.test(text)) return null
  const [beforeHash = '', hash = ''] = text.split('#')
  const path = beforeHash.split('?')[0] ?? ''
  const last = path.replace(/^[a-z]+:\/\/[^/]*/i, '').split('/').filter(Boolean).at(-1) ?? ''
  for (const candidate of [hash.replace(/^\//, ''), last]) {
    const id = candidate.toLowerCase()
    if (isRoomId(id)) return id
  }
  return null
}

/** The link to a room on a host. */
export function roomLink (origin: string, id: string, form: LinkForm): string {
  return form === 'hash' ? `${origin}/#${id}` : `${origin}/${id}`
}
