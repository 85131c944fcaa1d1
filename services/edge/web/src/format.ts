import { locale, t } from './i18n'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

// Making a formatter costs far more than using it.
const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>()
function kept<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>(kind: string, options: object, make: (l: string) => T): T {
  const key = kind + locale() + JSON.stringify(options)
  let f = cache.get(key) as T | undefined
  if (!f) cache.set(key, (f = make(locale())))
  return f
}
const number = (n: number, options: Intl.NumberFormatOptions) => kept('n', options, (l) => new Intl.NumberFormat(l, options)).format(n)
const date = (at: Date, options: Intl.DateTimeFormatOptions) => kept('d', options, (l) => new Intl.DateTimeFormat(l, options)).format(at)

/** A distance in metres, as exact as is of use. */
export function distance(metres: number): string {
  if (metres < 1000) {
    const m = metres < 100 ? Math.round(metres / 5) * 5 : Math.round(metres / 10) * 10
    if (m < 1000) return number(m, { style: 'unit', unit: 'meter' })
  }
  const digits = metres < 9_950 ? 1 : 0
  return number(metres / 1000, { style: 'unit', unit: 'kilometer', minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export const percent = (n: number): string => number(n / 100, { style: 'percent' })

/** The time of day. */
export const clock = (at: Date): string => date(at, { hour: 'numeric', minute: '2-digit' })

/** The time of day, with the day if it is not today. */
export function moment(at: Date, now = new Date()): string {
  return sameDay(at, now) ? clock(at) : date(at, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' })
}

/** A name for a day: today, yesterday, else the date. */
export function dayName(at: Date, now = new Date()): string {
  if (sameDay(at, now)) return t('time.today')
  if (sameDay(at, new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return t('time.yesterday')
  return date(at, { weekday: 'long', day: 'numeric', month: 'long', ...(at.getFullYear() !== now.getFullYear() && { year: 'numeric' }) })
}

export function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate()
}

/** How long ago something was: just now, 20 seconds ago, 5 minutes ago … */
export function ago(at: Date, now = new Date()): string {
  const ms = Math.max(0, now.getTime() - at.getTime())
  const f = kept('r', {}, (l) => new Intl.RelativeTimeFormat(l, { numeric: 'always', style: 'short' }))
  if (ms < 10_000) return t('time.now')
  if (ms < minute) return f.format(-Math.floor(ms / 10_000) * 10, 'second')
  if (ms < hour) return f.format(-Math.floor(ms / minute), 'minute')
  if (ms < day) return f.format(-Math.floor(ms / hour), 'hour')
  return f.format(-Math.floor(ms / day), 'day')
}

/** How long something lasts, in its largest unit or two: 3 days, 5 h 20 min, 12 min, 40 s. */
export function span(ms: number): string {
  const unit = (n: number, u: string, display: 'short' | 'long' = 'short') => number(n, { style: 'unit', unit: u, unitDisplay: display })
  if (ms >= 2 * day) return unit(Math.round(ms / day), 'day', 'long')
  if (ms >= hour) {
    const h = Math.floor(ms / hour)
    const m = Math.floor((ms % hour) / minute)
    return m && h < 10 ? `${unit(h, 'hour')} ${unit(m, 'minute')}` : unit(h, 'hour')
  }
  if (ms >= minute) return unit(Math.floor(ms / minute), 'minute')
  return unit(Math.max(0, Math.ceil(ms / 1000)), 'second')
}

/** Hours as a length to choose. */
export const lasting = (hours: number): string => (hours < 48 ? t('hours', { n: hours }) : t('days', { n: Math.round(hours / 24) }))

/** A list in words: Ana, Bob and Cem. */
export function names(all: readonly string[]): string {
  return new Intl.ListFormat(locale(), { style: 'long', type: 'conjunction' }).format(all)
}

/** One or two letters to stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : [words[0] ?? '']
  return letters.map((w) => [...w][0] ?? '').join('').toLocaleUpperCase()
}
