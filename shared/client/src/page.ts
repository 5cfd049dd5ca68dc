/** What happens to the page that a room lives in. */
export interface PageEvents {
  /** There is a network again. */
  online (): void
  /** There is none. */
  offline (): void
  /** The page is left, perhaps for good. */
  hidden (): void
  /** The page is shown again, as it was left. */
  shown (): void
}

/** Calls back when something happens to the page, where there is one. Returns how to end that. */
export function watchPage (events: PageEvents): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => {}
  const shown = (event: Event): void => {
    if ((event as PageTransitionEvent).persisted) events.shown()
  }
  const listeners: Array<[string, (event: Event) => void]> = [
    ['online', () => events.online()],
    ['offline', () => events.offline()],
    ['pagehide', () => events.hidden()],
    ['pageshow', shown]
  ]
  for (const [name, listener] of listeners) globalThis.addEventListener(name, listener)
  return () => {
    for (const [name, listener] of listeners) globalThis.removeEventListener(name, listener)
  }
}
