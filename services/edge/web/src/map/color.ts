/**
 * Colours of members, the same ones on the map and in lists. They were searched for so that each pair stays apart (0.14 in OKLab)
 * also for people who see red, green or blue badly: they differ in lightness and not in hue alone. Names and initials stand beside
 * them anyway.
 */
export const palette = ['#f8ad2f', '#602457', '#5168ed', '#9d96ef', '#ae2612', '#80d3b3', '#a55388', '#2b31ae', '#c98354'] as const

/** The colour of a user, always and everywhere the same. */
export function colorOf(userId: string): string {
  let hash = 2166136261
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 16777619)
  hash ^= hash >>> 15 // the low bits of similar ids are alike
  return palette[(hash >>> 0) % palette.length]!
}

const dark = '#10201b'
const light = '#ffffff'

const inks = new Map<string, string>()

/** What can be read on a colour. */
export function inkOn(color: string): string {
  let ink = inks.get(color)
  if (!ink) inks.set(color, (ink = contrast(color, dark) >= contrast(color, light) ? dark : light))
  return ink
}

/** WCAG contrast of two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

/** The channels of #rrggbb in linear light, 0 to 1. */
export function linear(color: string): [number, number, number] {
  const channel = (at: number) => {
    const c = parseInt(color.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}

function luminance(color: string): number {
  const [r, g, b] = linear(color)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
