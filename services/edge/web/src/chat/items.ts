import type { ChatMessage } from '@wemaps/sdk'

import { moment, sameDay } from '../format'
import { t } from '../i18n'

/** A line of the chat as it is shown. */
export type Item =
  | { type: 'day'; key: string; at: Date }
  | { type: 'new'; key: string }
  | { type: 'system'; key: string; message: ChatMessage }
  | { type: 'message'; key: string; message: ChatMessage; first: boolean; last: boolean }

const together = 5 * 60_000 // ms, in which one's messages belong together

/** Puts days, the unread marker and groups into messages. */
export function itemsOf(messages: readonly ChatMessage[], unreadAfter: number | null, me: string | null): Item[] {
  const items: Item[] = []
  let before: ChatMessage | undefined
  let marked = unreadAfter === null
  for (const m of messages) {
    const at = new Date(m.timestamp)
    const newDay = !before || !sameDay(new Date(before.timestamp), at)
    if (newDay) items.push({ type: 'day', key: `day ${m.seq}`, at })
    const unread = !marked && m.seq > unreadAfter! && m.userId !== me && !m.kind
    if (unread) {
      items.push({ type: 'new', key: 'new' })
      marked = true
    }
    if (m.kind) {
      items.push({ type: 'system', key: m.id, message: m })
    } else {
      const follows = !newDay && !unread && before && !before.kind && before.userId === m.userId && at.getTime() - Date.parse(before.timestamp) < together
      const last = items.at(-1)
      if (follows && last?.type === 'message') last.last = false
      items.push({ type: 'message', key: m.id, message: m, first: !follows, last: true })
    }
    before = m
  }
  return items
}

/** How many messages of others there are after seq. */
export function unreadAfter(messages: readonly ChatMessage[], seq: number, me: string | null): number {
  let n = 0
  for (let i = messages.length - 1; i >= 0 && messages[i]!.seq > seq; i--) {
    const m = messages[i]!
    if (!m.kind && !m.deletedAt && m.userId !== me) n++
  }
  return n
}

/** What somebody has written with a call for help, or with an answer to one; it stands behind the server's own words. */
const said = (m: ChatMessage, words: string): string => (m.content.startsWith(`${words}: `) ? ` ${m.content.slice(words.length + 2)}` : '')

/** What a system message says, in the reader's language; of a kind that is not known here, the server's words. */
export function systemText(m: ChatMessage, nameOf: (userId: string, otherwise: string) => string): string {
  const name = nameOf(m.userId, m.userName)
  const data = (m.data ?? {}) as Record<string, unknown>
  switch (m.kind) {
    case 'joined':
      return t('system.joined', { name })
    case 'left':
      return t('system.left', { name })
    case 'removed':
      return t('system.removed', { name })
    case 'destination-changed':
      return typeof data.destinationName === 'string' ? t('system.destination', { name, place: data.destinationName }) : m.content
    case 'arrived':
      return t('system.arrived', { name })
    case 'group-arrived':
      return t('system.groupArrived')
    case 'straggling':
      return t(data.straggling === false ? 'system.caughtUp' : 'system.straggling', { name })
    case 'eta-changed':
      return typeof data.eta === 'string' ? t('system.eta', { name, time: moment(new Date(data.eta)) }) : m.content
    case 'sos':
      return t('system.sos', { name }) + said(m, `${m.userName} calls for help`)
    case 'sos-answered':
      if (typeof data.endedBy !== 'string' || typeof data.endedByName !== 'string') return m.content
      return t('sos.answered', { name: nameOf(data.endedBy, data.endedByName), other: name }) + said(m, `${data.endedByName} answers the call for help of ${m.userName}`)
    case 'sos-cancelled':
      return t('system.sosCancelled', { name })
    default:
      return m.content
  }
}

/** A part of a text. */
export type Part = { type: 'text' | 'mention'; text: string } | { type: 'link'; text: string; href: string }

const link = /https?:\/\/[^\s<>"]+/g

/** Splits a text into words, links and the names that it mentions. Whatever it is, it comes out again. */
export function partsOf(text: string, mentioned: readonly string[] = []): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const m of text.matchAll(link)) {
    const href = trimmed(m[0])
    if (!URL.canParse(href)) continue
    if (m.index > at) parts.push(...mentionsIn(text.slice(at, m.index), mentioned))
    parts.push({ type: 'link', text: href, href })
    at = m.index + href.length
  }
  if (at < text.length) parts.push(...mentionsIn(text.slice(at), mentioned))
  return parts
}

/** Punctuation at the end of a link belongs to the sentence, unless its bracket was opened in the link. */
function trimmed(url: string): string {
  for (let end = url.length; end > 0; end--) {
    const c = url[end - 1]!
    if (c === ')' && url.slice(0, end).split('(').length >= url.slice(0, end).split(')').length) return url.slice(0, end)
    if (!/[.,;:!?'"\])}>]/.test(c)) return url.slice(0, end)
  }
  return url
}

function mentionsIn(text: string, mentioned: readonly string[]): Part[] {
  const parts: Part[] = []
  const marks = mentioned.filter(Boolean).map((n) => `@${n}`).sort((a, b) => b.length - a.length)
  let plain = 0
  for (let i = text.indexOf('@'); i >= 0; i = text.indexOf('@', i + 1)) {
    const mark = marks.find((x) => text.startsWith(x, i))
    if (!mark) continue
    if (i > plain) parts.push({ type: 'text', text: text.slice(plain, i) })
    parts.push({ type: 'mention', text: mark })
    plain = i + mark.length
    i = plain - 1
  }
  if (plain < text.length) parts.push({ type: 'text', text: text.slice(plain) })
  return parts
}
