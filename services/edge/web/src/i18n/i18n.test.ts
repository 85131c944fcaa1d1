import { afterEach, describe, expect, it } from 'vitest'

import { choose, lang, t } from '.'
import { de } from './de'
import { en } from './en'

const holes = (m: string | { one: string; other: string }) =>
  [...new Set((typeof m === 'string' ? m : m.one + m.other).match(/\{\w+\}/g) ?? [])].sort()

describe('messages', () => {
  afterEach(() => void (lang.value = 'en'))

  it('have the same holes in every language', () => {
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(holes(de[key]), key).toEqual(holes(en[key]))
  })

  it('are filled in and counted', () => {
    lang.value = 'en'
    expect(t('rooms.members', { n: 1 })).toBe('1 person')
    expect(t('rooms.members', { n: 3 })).toBe('3 people')
    lang.value = 'de'
    expect(t('account.renamed', { name: '{name}' })).toBe('Du heißt jetzt {name}.') // what is filled in is not looked at again
  })

  it('follow the reader', () => {
    expect(choose(['', 'fr-FR', 'de-AT', 'en'])).toBe('de')
    expect(choose(['fr'])).toBe('en')
    expect(choose([])).toBe('en')
  })
})
