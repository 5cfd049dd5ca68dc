import { announce } from './announce'
import { button, fill, h } from './dom'
import { icon, type IconName } from './icons'

const confirmedFor = 2000 // ms

/** A button which copies a text, and says so in its own place. */
export function copyButton (options: { label: string, action: string, kind: string, symbol: IconName, text: () => string }): HTMLButtonElement {
  const draw = (symbol: IconName, label: string) => fill(element, icon(symbol), h('span', {}, label))
  let timer = 0
  const element = button({ class: options.kind, 'data-action': options.action }, () => {
    void copy(options.text()).then(copied => {
      const word = copied ? 'Copied' : 'Copying was refused'
      draw(copied ? 'check' : 'cross', word)
      element.dataset.copied = String(copied)
      announce(word)
      clearTimeout(timer)
      timer = window.setTimeout(() => {
        draw(options.symbol, options.label)
        delete element.dataset.copied
      }, confirmedFor)
    })
  })
  draw(options.symbol, options.label)
  return element
}

/** Puts text into the clipboard; false if the browser did not let us. */
export async function copy (text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) { // it is there on https and localhost only
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch (error) {
      console.info(`the clipboard refused: ${String(error)}`)
    }
  }
  return copyBySelecting(text)
}

// The old way asks for no permission, and works on plain http.
function copyBySelecting (text: string): boolean {
  const focused = document.activeElement
  const field = h('textarea', { class: 'visually-hidden', 'aria-hidden': 'true', tabindex: -1 })
  field.value = text
  document.body.append(field)
  field.select()
  const copied = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}
