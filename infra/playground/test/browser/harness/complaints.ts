import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core'

// Where there is no suggestion the API answers 404, which browsers log as an error.
const noSuggestion = /status of 404 .*\/rooms\/autocomplete$/

/** What browsers log of connections that fail, for tests in which they do. */
export const lostConnections = [
  /WebSocket connection to/,
  /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INTERNET_DISCONNECTED)/,
  /status of 503/
]

/**
 * What is wrong with any page at any time: errors and warnings in the console,
 * exceptions, what its policy forbids, and requests to other hosts.
 */
export class Complaints {
  readonly #all: string[] = []
  readonly #excused: RegExp[] = [noSuggestion]

  constructor (private readonly host: string) {}

  /** Watches all pages of a context. To be called before any is opened. */
  async watch (context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', event => {
        console.error(`the policy forbids ${event.violatedDirective} of ${event.blockedURI || 'the page'}`)
      })
    })
    context.on('page', page => this.#watchPage(page))
    context.on('request', request => this.#sees(request.url()))
  }

  /** Says what a test expects. */
  excuse (...what: RegExp[]): void {
    this.#excused.push(...what)
  }

  /** Everything that no test expects. */
  get left (): string[] {
    return this.#all.filter(text => !this.#excused.some(excuse => excuse.test(text)))
  }

  #watchPage (page: Page): void {
    page.on('console', message => {
      if (['error', 'warning', 'assert'].includes(message.type())) this.#all.push(inWords(message))
    })
    page.on('pageerror', error => this.#all.push(`exception: ${error.stack ?? error.message}`))
    page.on('crash', () => this.#all.push('the page crashed'))
    page.on('websocket', socket => this.#sees(socket.url()))
  }

  #sees (address: string): void {
    const url = new URL(address)
    if (!['data:', 'blob:'].includes(url.protocol) && url.host !== this.host) this.#all.push(`request to another host: ${address}`)
  }
}

function inWords (message: ConsoleMessage): string {
  return `console.${message.type()}: ${message.text()} ${message.location().url}`
}
