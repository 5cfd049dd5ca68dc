import { expect, test } from 'vitest'
import { inkOn, isHexColor, personColors, plainColor, relativeLuminance } from '../../src/colors'

test('names can be read on the colour of every person', () => {
  for (const color of [...personColors.map(one => one.value), plainColor]) {
    const [low, high] = [relativeLuminance(color), relativeLuminance(inkOn(color))].sort((a, b) => a - b) as [number, number]
    expect((high + 0.05) / (low + 0.05), color).toBeGreaterThanOrEqual(4.5) // WCAG AA
  }
})

test('luminance is that of WCAG', () => {
  expect(relativeLuminance('#000000')).toBe(0)
  expect(relativeLuminance('#ffffff')).toBeCloseTo(1)
  expect(relativeLuminance('#ff0000')).toBeCloseTo(0.2126)
})

test('only plain colours are colours', () => {
  for (const text of ['#C72626', '#c72626']) expect(isHexColor(text)).toBe(true)
  for (const text of ['red', '#fff', '#C72626;', 'url(#C72626)', '#C7262G', ' #C72626', '#C72626\n']) expect(isHexColor(text), text).toBe(false)
})
