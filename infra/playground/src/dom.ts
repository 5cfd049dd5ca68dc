/** What an element can hold. Nothing is shown for null and false. */
export type Child = Node | string | null | false

/** Attributes by name; true is an attribute without a value, false and null leave it out. */
export interface Attributes {
  [name: string]: string | number | boolean | null | undefined | Listeners
  on?: Listeners
}

type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void }

/** Makes an element. Text is always text: nothing here reads HTML. */
export function h<K extends keyof HTMLElementTagNameMap> (tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  const { on = {}, ...rest } = attributes
  for (const [name, value] of Object.entries(rest)) {
    if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string' || typeof value === 'number') element.setAttribute(name, String(value))
  }
  for (const [type, listener] of Object.entries(on)) element.addEventListener(type, listener as EventListener)
  fill(element, ...children)
  return element
}

/** Puts children in the place of what an element holds. */
export function fill (element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter(child => child !== null && child !== false))
}

/** A button with an action, which no form takes for its own. */
export function button (attributes: Attributes, action: (event: MouseEvent) => void, ...children: Child[]): HTMLButtonElement {
  return h('button', { type: 'button', ...attributes, on: { ...attributes.on, click: action } }, ...children)
}

/** Text for screen readers only. */
export function hidden (text: string): HTMLElement {
  return h('span', { class: 'visually-hidden' }, text)
}
