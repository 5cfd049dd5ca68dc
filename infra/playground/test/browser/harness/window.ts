import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { Complaints } from './complaints.js'
import { becomes, eventually, patience } from './wait.js'

/** How a window differs from that of somebody with a wide screen who was asked for a name already. */
export interface WindowOptions {
  /** Without a name the page asks for one. */
  name?: string | null
  theme?: 'light' | 'dark'
  phone?: boolean
}

/** Words of the light that says whether the text is safe. */
export type Light = 'Connecting' | 'Connected' | 'Saving' | 'Saved' | 'Offline'

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }

function askedAlready (name: string): { name: string, value: string } {
  return { name: 'tutti.profile', value: JSON.stringify({ name, color: null, asked: true }) }
}

/** One person's window: what a browser keeps is their own. */
export class Window {
  private constructor (
    readonly origin: string,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly complaints: Complaints
  ) {}

  static async open (browser: Browser, origin: string, { name = 'Ada', theme = 'light', phone: small = false }: WindowOptions = {}): Promise<Window> {
    const context = await browser.newContext({
      ...(small ? phone : desk), baseURL: origin, colorScheme: theme, locale: 'en', reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...(name === null ? {} : { storageState: { cookies: [], origins: [{ origin, localStorage: [askedAlready(name)] }] } })
    })
    context.setDefaultTimeout(patience)
    const complaints = new Complaints(new URL(origin).host)
    await complaints.watch(context)
    return new Window(origin, context, await context.newPage(), complaints)
  }

  async close (): Promise<void> {
    await this.context.close()
  }

  /** The text field of the editor. */
  get editor (): Locator {
    return this.page.locator('.cm-content')
  }

  /** A button by its name. */
  button (name: string | RegExp): Locator {
    return this.page.getByRole('button', { name })
  }

  /** Opens the start page. */
  async start (): Promise<void> {
    await this.page.goto('/')
    await this.page.getByRole('heading', { level: 1 }).waitFor()
  }

  /** Opens a room by its link, and waits until one can type. */
  async enter (id: string): Promise<void> {
    await this.page.goto(`/${id}`)
    await this.entered()
  }

  /** Waits until one can type in a room, and returns the room's id. */
  async entered (): Promise<string> {
    await this.page.locator('.cm-content[contenteditable=true]').waitFor()
    return await this.page.locator('[data-room-id]').first().textContent() ?? ''
  }

  /** Types, key by key, where the focus is. A line break is Enter. */
  async type (text: string, delay = 0): Promise<void> {
    await this.page.keyboard.type(text, { delay })
  }

  /** Presses keys, one after the other: as `Control+End`. */
  async press (...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key)
  }

  /** Pastes a text, as if it had been copied in another program. */
  async paste (text: string): Promise<void> {
    await this.editor.evaluate((element, pasted) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', pasted)
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, text)
  }

  /** The text in the editor, without what is only shown there. */
  async text (): Promise<string> {
    return await this.page.locator('.cm-content').evaluate(content => [...content.querySelectorAll('.cm-line')].map(line => {
      const copy = line.cloneNode(true) as Element
      for (const shown of copy.querySelectorAll('.cm-ghostText')) shown.remove()
      return copy.textContent
    }).join('\n'))
  }

  async shows (text: string): Promise<void> {
    await becomes('the text', async () => await this.text(), text)
  }

  /** Waits until a light is on. */
  async lights (word: Light): Promise<void> {
    await becomes('the light', async () => await this.light(), word)
  }

  async light (): Promise<string | null> {
    return await this.page.locator('.light .light-word').textContent()
  }

  /** Names in the row of people, its own first, the others in order. */
  async people (): Promise<string[]> {
    const names = await this.page.locator('[data-person]').evaluateAll(all => all.map(one => one.getAttribute('data-name') ?? ''))
    return [...names.slice(0, 1), ...names.slice(1).sort()]
  }

  /** Waits until these are in the row of people. */
  async seesPeople (...names: string[]): Promise<void> {
    await becomes('the row of people', async () => await this.people(), names)
  }

  /** Somebody's caret in the text. */
  caretOf (name: string): Locator {
    return this.page.locator(`[data-caret-of="${name}"]`)
  }

  /** Line and column of its own caret, as the bar under the editor says. */
  async place (): Promise<string> {
    return await this.page.locator('[data-place]').textContent() ?? ''
  }

  async choosesLanguage (id: string): Promise<void> {
    await this.page.locator('[data-control=language]').selectOption(id)
  }

  async seesLanguage (id: string): Promise<void> {
    await becomes('the language', async () => await this.page.locator('[data-control=language]').inputValue(), id)
  }

  /** Cuts or gives back its network. */
  async offline (cut: boolean): Promise<void> {
    await this.context.setOffline(cut)
  }

  /** Waits for the end page of a reason. */
  async ends (reason: string): Promise<void> {
    await this.page.locator(`main[data-end="${reason}"]`).waitFor()
  }

  /** Has something of the page, computed by the browser, once it is there. */
  async style (of: Locator, property: string): Promise<string> {
    return await of.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name).trim(), property)
  }

  /** Waits until something is so many times on the page. */
  async counts (locator: Locator, times: number): Promise<void> {
    await eventually(`${times} of ${String(locator)}`, async () => await locator.count(), count => count === times)
  }
}
