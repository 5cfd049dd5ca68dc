// What a test has: a Tutti of its file, and windows and clients that are closed when it
// ends. Whatever a test is about, it fails when a page complains.
import { chromium, type Browser } from 'playwright-core'
import { inject, test as plain } from 'vitest'
import { Tutti } from '../../../../../shared/client/test/tutti.js'
import { PlainClient } from './plain-client.js'
import { Window, type WindowOptions } from './window.js'

/** A room that is made without a window. */
export async function makeRoom (tutti: Tutti, code = '', language = 'plaintext'): Promise<string> {
  const response = await fetch(`${tutti.url}/rooms`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, language }) })
  if (!response.ok) throw new Error(`no room was made: ${await response.text()}`)
  const { room_id: id } = await response.json() as { room_id: string }
  return id
}

/** What the server, and not a window, says that the text of a room is. */
export async function textOf (tutti: Tutti, roomId: string): Promise<string> {
  const client = await PlainClient.join(tutti.url, roomId)
  client.close()
  return client.code
}

export interface Scene {
  /** Settings of the server of this file. */
  settings: Record<string, string>
  browser: Browser
  tutti: Tutti
  /** Opens a window for somebody with this name; null is somebody who was never asked. */
  open: (name: string | null, options?: WindowOptions) => Promise<Window>
  /** Joins a room by the JSON protocol. */
  joinPlain: (roomId: string, name?: string) => Promise<PlainClient>
}

export const test = plain.extend<Scene>({
  settings: [{}, { scope: 'file' }],

  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
  browser: [async ({}, use) => {
    const browser = await chromium.connect(inject('browser'))
    await use(browser)
    await browser.close()
  }, { scope: 'file' }],

  tutti: [async ({ settings }, use) => {
    process.env.TUTTI_DEV = inject('devServer')
    const tutti = await Tutti.start(settings)
    await use(tutti)
    await tutti.end()
  }, { scope: 'file' }],

  open: async ({ browser, tutti, onTestFailed }, use) => {
    const windows: Window[] = []
    const from = [tutti.server.log.length, tutti.redis.log.length]
    onTestFailed(() => { console.error(tutti.server.log.slice(from[0]), tutti.redis.log.slice(from[1])) })
    await use(async (name, options = {}) => {
      const window = await Window.open(browser, tutti.url, { name, ...options })
      windows.push(window)
      return window
    })
    const left = windows.flatMap(window => window.complaints.left)
    await Promise.all(windows.map(window => window.close()))
    if (left.length > 0) throw new Error(`the page complains:\n${left.join('\n')}`)
  },

  joinPlain: async ({ tutti }, use) => {
    const clients: PlainClient[] = []
    await use(async (roomId, name) => {
      const client = await PlainClient.join(tutti.url, roomId, name)
      clients.push(client)
      return client
    })
    for (const client of clients) client.close()
  }
})
