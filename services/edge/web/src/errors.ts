import { WeMapsError } from '@wemaps/sdk'

import { has, lang, t, type Key } from './i18n'

/** What to tell people about an error: by its code, else in the server's words. */
export function say(error: unknown): string {
  if (!(error instanceof WeMapsError)) return t('error.unknown')
  const key = `error.${error.code}`
  if (has(key)) return t(key as 'error.unknown')
  // The server's sentences are English, and name the field that is wrong.
  return error.message && (lang.value === 'en' || error.code === 'VALIDATION_ERROR') ? `${error.message.replace(/\.$/, '')}.` : t('error.unknown')
}

export const codeOf = (error: unknown): string => (error instanceof WeMapsError ? error.code : '')

export type { Key }
