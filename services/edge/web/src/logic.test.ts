import { readFile } from 'node:fs/promises'

import { beforeEach, describe, expect, it, vi } from 'vitest'

import { WeMapsError } from '@wemaps/sdk'

import { say } from './errors'
import { ago, dayName, distance, initials, names, span } from './format'
import { has, lang } from './i18n'
import { parsePlace, showPlace } from './place'

beforeEach(() => {
  vi.stubGlobal('navigator', { languages: ['en-GB', 'de-DE'] })
  lang.value = 'en'
})

describe('numbers and times', () => {
  it('are as exact as is of use', () => {
    expect([0, 3, 87, 104, 996, 1000, 1549, 9940, 9960, 123_456].map(distance)).toEqual(
      ['0 m', '5 m', '85 m', '100 m', '1.0 km', '1.0 km', '1.5 km', '9.9 km', '10 km', '123 km'])
    lang.value = 'de'
    expect(distance(1549)).toBe('1,5 km')
  })

  it('say how long and how long ago', () => {
    const now = new Date('2026-11-26T12:00:00')
    const before = (s: number) => ago(new Date(now.getTime() - s * 1000), now)
    expect([3, 25, 90, 7200].map(before)).toEqual(['just now', '20 sec ago', '1 min ago', '2 hr ago'])
    expect(before(-5)).toBe('just now') // another clock is ahead of ours
    expect([40, 720, 5 * 3600 + 1200, 23 * 3600 + 60, 3 * 86_400].map((s) => span(s * 1000))).toEqual(
      ['40 secs', '12 mins', '5 hrs 20 mins', '23 hrs', '3 days'])
    expect(span(-1)).toBe('0 secs')
  })

  it('name days', () => {
    const now = new Date(2026, 2, 1, 0, 30)
    expect(dayName(new Date(2026, 2, 1), now)).toBe('Today')
    expect(dayName(new Date(2026, 1, 28, 23, 59), now)).toBe('Yesterday')
    expect(dayName(new Date(2026, 1, 27), now)).toContain('27')
    expect(dayName(new Date(2025, 1, 27), now)).toContain('2025')
  })

  it('list and shorten names', () => {
    expect(names(['Ana', 'Bob', 'Cem'])).toBe('Ana, Bob and Cem')
    expect(['Ana', 'Ana María López', '', '🦊 fox', 'élodie'].map(initials)).toEqual(['A', 'AL', '', '🦊F', 'É'])
  })
})

describe('places', () => {
  it.each([
    ['45.7512, 14.3601', 45.7512, 14.3601],
    ['45.7512 14.3601', 45.7512, 14.3601],
    ['-33.9;18.4', -33.9, 18.4],
    ['45,7512 14,3601', 45.7512, 14.3601],
    ['geo:45.7512,14.3601?z=15', 45.7512, 14.3601],
    ['https://www.google.com/maps/place/X/@45.1,14.1,15z/data=!3d45.7512!4d14.3601', 45.7512, 14.3601],
    ['https://www.google.com/maps/@45.7512,14.3601,15z', 45.7512, 14.3601],
    ['https://www.openstreetmap.org/?mlat=45.7512&mlon=14.3601#map=15/1/2', 45.7512, 14.3601],
    ['https://www.openstreetmap.org/#map=15/45.7512/14.3601', 45.7512, 14.3601],
    ['https://maps.apple.com/?ll=45.7512,14.3601&q=Lake', 45.7512, 14.3601],
  ])('are read from %s', (text, lat, lng) => {
    expect(parsePlace(text)).toEqual({ lat, lng })
  })

  it.each(['', 'Lake', '45.7', '91, 0', '0, 181', 'https://example.org/1,2', '1, 2, 3', 'x 1, 2'])('are not seen in “%s”', (text) => {
    expect(parsePlace(text)).toBeNull()
  })

  it('are shown so that they can be read again', () => {
    expect(parsePlace(showPlace({ lat: -0.000001, lng: 179.999999 }))).toEqual({ lat: -0, lng: 180 })
  })
})

describe('errors', () => {
  it('are sentences, by code', () => {
    expect(say(new WeMapsError('ROOM_FULL', 'x'))).toBe('This room is full.')
    expect(say(new WeMapsError('SOMETHING_NEW', 'The moon is full'))).toBe('The moon is full.')
    expect(say(new TypeError('x is not a function'))).toBe('Something went wrong. Please try again.')
    lang.value = 'de'
    expect(say(new WeMapsError('ROOM_FULL', 'x'))).toBe('Dieser Raum ist voll.')
    expect(say(new WeMapsError('SOMETHING_NEW', 'The moon is full'))).toMatch(/schiefgegangen.*„The moon is full“/)
  })

  const invalid = (message: string, field?: string) => new WeMapsError('VALIDATION_ERROR', message, 400, undefined, undefined, field && { field })

  it('name what is wrong in the reader’s language, and lose nothing of what the server says', () => {
    expect(say(invalid('radius must be between 50 and 50000', 'radius'))).toBe('This circle is too small or too large. The server says: “radius must be between 50 and 50000”.')
    lang.value = 'de'
    expect(say(invalid('name must be 3 to 100 characters', 'name'))).toBe(
      'Dieser Name ist zu kurz oder zu lang, oder nicht zu lesen. Der Server sagt dazu: „name must be 3 to 100 characters“.')
    expect(say(invalid('latitude and longitude are required', 'latitude and longitude'))).toMatch(/^Diesen Ort gibt es/)
    expect(say(invalid('The moon is full', 'moon'))).toBe('Der Server nimmt das nicht an. Der Server sagt dazu: „The moon is full“.')
    expect(say(invalid('Text must not contain NUL characters.'))).toMatch(/^Der Server nimmt.*NUL characters“\.$/)
    expect(say(invalid('constructor is wrong', 'constructor'))).toMatch(/^Der Server nimmt/)
    expect(say(new WeMapsError('INVALID_ROUTE', 'A route needs at least two different points'))).toMatch(/keine Route.*two different points/)
  })

  it('that the server can make all have a text here', async () => {
    const registry = await readFile(new URL('../../../../libs/wire/codes.go', import.meta.url), 'utf8')
    const codes = [...registry.matchAll(/^\tCode\w+\s+Code = "([A-Z_]+)"$/gm)].map((m) => m[1]!)
    expect(codes.length).toBeGreaterThan(50)
    expect([...codes, 'NETWORK'].filter((c) => !has(`error.${c}`))).toEqual([]) // and with that in every language, see Messages
  })
})
