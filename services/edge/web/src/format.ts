import { locale, t } from './i18n'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

type Formatter = Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat

/** A formatter for the reader's locale. Making one costs far more than using it, and lists of people use some for each line. */
function formatter<T extends Formatter>(make: (locale: string) => T): () => T {
  let made: T
  let of = ''
  return () => {
    if (of !== locale()) made = make((of = locale()))
    return made
  }
}
const number = (options: Intl.NumberFormatOptions) => formatter((l) => new Intl.NumberFormat(l, options))
const date = (options: Intl.DateTimeFormatOptions) => formatter((l) => new Intl.DateTimeFormat(l, options))
const unit = (unit: string, digits = 0, unitDisplay: 'short' | 'long' = 'short') =>
  number({ style: 'unit', unit, unitDisplay, ...(digits > 0 && { minimumFractionDigits: digits, maximumFractionDigits: digits }) })

const metresOf = unit('meter')
const kilometresOf = number({ style: 'unit', unit: 'kilometer', maximumFractionDigits: 0 })
const exactKilometresOf = unit('kilometer', 1)
const percentOf = number({ style: 'percent' })
const timeOf = date({ hour: 'numeric', minute: '2-digit' })
const momentOf = date({ weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' })
const dayOf = date({ weekday: 'long', day: 'numeric', month: 'long' })
const dayAndYearOf = date({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const agoOf = formatter((l) => new Intl.RelativeTimeFormat(l, { numeric: 'always', style: 'short' }))
const daysOf = unit('day', 0, 'long')
const hoursOf = unit('hour')
const minutesOf = unit('minute')
const secondsOf = unit('second')

/** A distance in metres, as exact as is of use. */
export function distance(metres: number): string {
  if (metres < 1000) {
    const m = metres < 100 ? Math.round(metres / 5) * 5 : Math.round(metres / 10) * 10
    if (m < 1000) return metresOf().format(m)
  }
  return (metres < 9_950 ? exactKilometresOf : kilometresOf)().format(metres / 1000)
}

export const percent = (n: number): string => percentOf().format(n / 100)

/** The time of day. */
export const clock = (at: Date): string => timeOf().format(at)

/** The time of day, with the day if it is not today. */
export function moment(at: Date, now = new Date()): string {
  return sameDay(at, now) ? clock(at) : momentOf().format(at)
}

/** A name for a day: today, yesterday, else the date. */
export function dayName(at: Date, now = new Date()): string {
  if (sameDay(at, now)) return t('time.today')
  if (sameDay(at, new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return t('time.yesterday')
  return (at.getFullYear() === now.getFullYear() ? dayOf : dayAndYearOf)().format(at)
}

export function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate()
}

/** How long ago something was: just now, 20 seconds ago, 5 minutes ago … */
export function ago(at: Date, now = new Date()): string {
  const ms = Math.max(0, now.getTime() - at.getTime())
  if (ms < 10_000) return t('time.now')
  const f = agoOf()
  if (ms < minute) return f.format(-Math.floor(ms / 10_000) * 10, 'second')
  if (ms < hour) return f.format(-Math.floor(ms / minute), 'minute')
  if (ms < day) return f.format(-Math.floor(ms / hour), 'hour')
  return f.format(-Math.floor(ms / day), 'day')
}

/** How long something lasts, in its largest unit or two: 3 days, 5 h 20 min, 12 min, 40 s. */
export function span(ms: number): string {
  if (ms >= 2 * day) return daysOf().format(Math.round(ms / day))
  if (ms >= hour) {
    const h = Math.floor(ms / hour)
    const m = Math.floor((ms % hour) / minute)
    return m && h < 10 ? `${hoursOf().format(h)} ${minutesOf().format(m)}` : hoursOf().format(h)
  }
  if (ms >= minute) return minutesOf().format(Math.floor(ms / minute))
  return secondsOf().format(Math.max(0, Math.ceil(ms / 1000)))
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
