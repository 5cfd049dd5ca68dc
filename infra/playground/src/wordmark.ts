import { h } from './dom'
import { mark } from './icons'

/** The name of Tutti, which leads to the start page. */
export function wordmark (): HTMLAnchorElement {
  const link = h('a', { class: 'wordmark', href: '/', 'aria-label': 'Tutti, start page' })
  link.append(mark(), h('span', { 'aria-hidden': 'true' }, 'Tutti'))
  return link
}
