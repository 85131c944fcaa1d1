import { WeMapsError } from '@wemaps/sdk'

import { has, lang, t, type Key } from './i18n'

/** What to tell people about an error: by its code and the field that it is about, and with the server's sentence where that says more. */
export function say(error: unknown): string {
  if (!(error instanceof WeMapsError)) return t('error.unknown')
  const key = `error.${error.code}`
  const said = error.message.replace(/\.$/, '')
  if (!has(key)) return lang.value === 'en' && said ? `${said}.` : quoting('error.unknown', said)
  if (!telling.has(error.code)) return t(key as 'error.unknown')
  const words = fields.get(error.field?.match(/^\w+/)?.[0] ?? '') ?? (key as 'error.unknown')
  return words === 'invalid.recordedAt' ? t(words) : quoting(words, said) // a clock is nothing that people fill in
}

/** The server's sentences are English, and say exactly what is wrong. */
const quoting = (key: Plain, said: string): string => (said ? `${t(key)} ${t('error.said', { said })}` : t(key))

/** Codes of which the sentence says more than the code does. */
const telling = new Set(['VALIDATION_ERROR', 'INVALID_ROUTE', 'INVALID_GPX'])

/** Messages without holes. */
type Plain = 'error.unknown' | 'error.VALIDATION_ERROR' | Extract<Key, `invalid.${string}`>

/** What to say of the fields that people fill in here. */
const fields: ReadonlyMap<string, Plain> = new Map(Object.entries({
  name: 'invalid.name',
  nickname: 'invalid.name',
  password: 'invalid.password',
  newPassword: 'invalid.password',
  currentPassword: 'invalid.password',
  roomCode: 'invalid.roomCode',
  destinationName: 'invalid.destinationName',
  destinationLat: 'invalid.place',
  destinationLng: 'invalid.place',
  latitude: 'invalid.place',
  longitude: 'invalid.place',
  center: 'invalid.place',
  radius: 'invalid.radius',
  vertices: 'invalid.vertices',
  expiresIn: 'invalid.expiresIn',
  maxMembers: 'invalid.maxMembers',
  shares: 'invalid.shares',
  zones: 'invalid.zones',
  content: 'invalid.content',
  message: 'invalid.content',
  recordedAt: 'invalid.recordedAt',
} as const))

export const codeOf = (error: unknown): string => (error instanceof WeMapsError ? error.code : '')

export type { Key }
