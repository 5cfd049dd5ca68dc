/** The colours of people, as the server gives them too. */
export const personColors: readonly { name: string, value: string }[] = [
  { name: 'Red', value: '#C72626' },
  { name: 'Orange', value: '#B3471D' },
  { name: 'Yellow', value: '#CBAA27' },
  { name: 'Green', value: '#24B792' },
  { name: 'Sea', value: '#1C978F' },
  { name: 'Teal', value: '#1E7D92' },
  { name: 'Blue', value: '#278BC1' },
  { name: 'Purple', value: '#9A26CB' }
]

/** The colour of somebody who has none yet. */
export const plainColor = '#6B6F7A'

/** Reports whether text is a colour like #C72626. Others' colours go into style sheets: nothing else may. */
export function isHexColor (text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text)
}

/** The colour that reads best on another: WCAG's contrast decides. */
export function inkOn (color: string): '#000000' | '#FFFFFF' {
  const luminance = relativeLuminance(color)
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#000000' : '#FFFFFF'
}

/** WCAG's relative luminance of a colour like #C72626: from 0, black, to 1, white. */
export function relativeLuminance (color: string): number {
  const channel = (at: number) => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
