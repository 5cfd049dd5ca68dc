/**
 * Reads what this browser keeps under a key. read makes a value of it, or gives
 * null for what it does not understand. Browsers may forbid storage: that is as if
 * nothing was kept.
 */
export function load<T> (key: string, read: (value: unknown) => T | null): T | null {
  try {
    const text = localStorage.getItem(key)
    return text === null ? null : read(JSON.parse(text))
  } catch (error) {
    console.info(`${key} could not be read: ${String(error)}`)
    return null
  }
}

/** Keeps a value in this browser, as long as it allows that. */
export function keep (key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch (error) {
    console.info(`${key} could not be kept: ${String(error)}`)
  }
}

/** Reports whether a value is an object with fields. */
export function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
