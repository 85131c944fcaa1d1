import { computed, signal } from '@preact/signals'

import { de } from './de'
import { en } from './en'

type Source = typeof en
export type Key = keyof Source
/** What every language must have: the same keys, in words of its own. */
export type Messages = { [K in Key]: Source[K] extends string ? string : { one: string; other: string } }

type Names<S> = S extends `${string}{${infer P}}${infer Rest}` ? P | Names<Rest> : never
type Params<K extends Key> = Source[K] extends { other: infer O } ? Names<O> | 'n' : Names<Source[K]>
type Args<K extends Key> = [Params<K>] extends [never] ? [] : [Record<Params<K>, string | number>]

const languages = { en, de } satisfies Record<string, Messages>
export type Lang = keyof typeof languages
export const langs: Record<Lang, string> = { en: 'English', de: 'Deutsch' }

const stored = 'wemaps.lang'

/** The best language for a list of wishes, such as navigator.languages. */
export function choose(wishes: readonly string[]): Lang {
  for (const wish of wishes) {
    const base = wish.toLowerCase().split('-')[0]!
    if (base in languages) return base as Lang
  }
  return 'en'
}

export const lang = signal<Lang>(choose([remembered(), ...(globalThis.navigator?.languages ?? [])]))

function remembered(): string {
  try {
    return localStorage.getItem(stored) ?? ''
  } catch {
    return '' // no storage: the browser's language it is
  }
}

export function setLang(next: Lang): void {
  lang.value = next
  try {
    localStorage.setItem(stored, next)
  } catch {
    // then it is forgotten with the page
  }
}

/** Locale for Intl: the reader's region of the chosen language, if they have one. Asking the browser each time would cost more than formatting. */
const region = computed(() => {
  const l = lang.value
  return globalThis.navigator?.languages?.find((x) => x.toLowerCase().split('-')[0] === l) ?? (l === 'en' ? 'en-GB' : l)
})
export const locale = (): string => region.value

/** A message in the chosen language. Read in a component, it follows the choice. */
export function t<K extends Key>(key: K, ...args: Args<K>): string {
  const messages: Messages = languages[lang.value]
  const message = messages[key]
  const params = (args[0] ?? {}) as Record<string, string | number>
  const text = typeof message === 'string' ? message : message[plural(Number(params.n))]
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? ''
    return typeof value === 'number' ? value.toLocaleString(locale()) : value
  })
}

const rules = computed(() => new Intl.PluralRules(lang.value))
const plural = (n: number): 'one' | 'other' => (rules.value.select(n) === 'one' ? 'one' : 'other')

export const has = (key: string): key is Key => key in en
