import type { ConfigFile } from '../../contract/config.js'
import { LEAST_CONTRAST, PAPER } from '../../contract/page/look.js'
import type { Finding } from './finding.js'

/** Relative luminance of a colour such as `#1d4f91`, 0..1 (WCAG 2.2). */
function luminanceOf(colour: string): number {
  const [r, g, b] = [1, 3, 5].map(i => {
    const value = Number.parseInt(colour.slice(i, i + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/**
 * Contrast of two colours, 1 to 21 (WCAG 2.2).
 *
 * @example
 * contrastOf('#000000', '#ffffff') // => 21
 */
export function contrastOf(one: string, other: string): number {
  const [low, high] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** Colours of a brand that nobody could read: each is checked against everything that it is drawn on. */
export function unreadable({ pages = [] }: ConfigFile): Finding[] {
  return pages.flatMap(({ brand }, i) => {
    const against = (name: 'accent' | 'accentDark', theme: keyof typeof PAPER): Finding[] => {
      const value = brand?.[name]
      if (value === undefined) return []
      const least = Math.min(...PAPER[theme].map(paper => contrastOf(value, paper)))
      if (least >= LEAST_CONTRAST) return []
      const rule = `a colour with a contrast of at least ${LEAST_CONTRAST} on ${PAPER[theme].join(' and ')}; this has ${least.toFixed(1)}`
      return [{ path: `pages[${i}].brand.${name}`, rule, value }]
    }
    return [...against('accent', 'light'), ...against('accentDark', 'dark')]
  })
}
