import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Window } from './window.js'

/** Leaves a picture of a window in the folder TUTTI_PICTURES, if that is given. */
export async function picture (window: Window, name: string): Promise<void> {
  const folder = process.env.TUTTI_PICTURES
  if (folder === undefined || folder === '') return
  mkdirSync(folder, { recursive: true })
  await window.page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}
