// Lines on a field of 20 by 20, drawn with the colour of the text around them.
const shapes = {
  arrow: 'M4 10h12M11 5l5 5-5 5',
  check: 'M4.5 10.5l3.7 3.7 7.3-8',
  cloudOff: 'M3 3l14 14M7.5 5.3a4.5 4.5 0 0 1 6.9 3.2A3.5 3.5 0 0 1 16.5 14M13.5 15.5H6a3.5 3.5 0 0 1-.7-6.9',
  copy: 'M8 7.5h7a1 1 0 0 1 1 1V16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V8.5a1 1 0 0 1 1-1zM4.5 12.5A1 1 0 0 1 4 11.7V4a1 1 0 0 1 1-1h7.7a1 1 0 0 1 .8.5',
  cross: 'M5 5l10 10M15 5L5 15',
  door: 'M6 17V4.5A1.5 1.5 0 0 1 7.5 3h5A1.5 1.5 0 0 1 14 4.5V17M3.5 17h13M11 10v.5',
  dot: 'M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  eye: 'M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.9-2.9a3 3 0 0 0-4.3-4.3l-.9.9M11.5 8.5a3 3 0 0 0-4.3 0l-2.9 2.9a3 3 0 0 0 4.3 4.3l.9-.9',
  moon: 'M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  people: 'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5a5 5 0 0 1 10 0M13 4a3 3 0 0 1 0 5.3M14.5 12a5 5 0 0 1 3 4.5',
  plus: 'M10 4v12M4 10h12',
  shield: 'M10 2.8l6 2.2v4.5c0 3.7-2.5 6.4-6 7.7-3.5-1.3-6-4-6-7.7V5zM8 8l4 4M12 8l-4 4',
  spark: 'M9 3l1.6 4.4L15 9l-4.4 1.6L9 15l-1.6-4.4L3 9l4.4-1.6zM15.5 13.5v3M14 15h3',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  sync: 'M16 8a6.3 6.3 0 0 0-11.5-1.5M4 3.5v3.3h3.3M4 12a6.3 6.3 0 0 0 11.5 1.5M16 16.5v-3.3h-3.3',
  weight: 'M6.5 7.5h7l2.5 9H4zM10 3a2.2 2.2 0 1 0 0 4.4A2.2 2.2 0 0 0 10 3z'
} as const

/** The name of an icon. */
export type IconName = keyof typeof shapes

const svgNamespace = 'http://www.w3.org/2000/svg'

function svg (tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(svgNamespace, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}

/** An icon beside words which say the same: screen readers pass over it. */
export function icon (name: IconName): SVGElement {
  const element = svg('svg', { viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true', focusable: 'false' })
  element.append(svg('path', { d: shapes[name] }))
  return element
}

/** The mark of Tutti: three carets, one text. */
export function mark (): SVGElement {
  const element = svg('svg', { viewBox: '0 0 32 32', class: 'mark', 'aria-hidden': 'true', focusable: 'false' })
  element.append(
    svg('rect', { width: '32', height: '32', rx: '8' }),
    svg('path', { d: 'M9 11v7', opacity: '.65' }),
    svg('path', { d: 'M16 7.5v17' }),
    svg('path', { d: 'M23 14v7', opacity: '.65' })
  )
  return element
}
