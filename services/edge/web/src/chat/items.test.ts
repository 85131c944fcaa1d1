import { beforeEach, describe, expect, it } from 'vitest'

import type { ChatMessage, MemberState } from '@wemaps/sdk'

import { lang } from '../i18n'
import { mentionAt, mentionsIn } from './mentions'
import { itemsOf, partsOf, systemText, unreadAfter } from './items'

beforeEach(() => void (lang.value = 'en'))

let seq = 0
const at = (time: string, who = 'a', more: Partial<ChatMessage> = {}): ChatMessage =>
  ({ id: `m${++seq}`, roomId: 'r', seq, userId: who, userName: who.toUpperCase(), content: 'x', timestamp: new Date(time).toISOString(), ...more }) as ChatMessage

describe('the lines of a chat', () => {
  it('group what belongs together, and start anew with each day', () => {
    seq = 0
    const items = itemsOf([at('2026-01-01T10:00'), at('2026-01-01T10:01'), at('2026-01-01T10:01', 'b'), at('2026-01-01T10:10', 'b'), at('2026-01-02T00:00', 'b')], null, 'a')
    expect(items.map((i) => (i.type === 'message' ? `${i.message.seq}${i.first ? '^' : ''}${i.last ? '$' : ''}` : i.type))).toEqual(
      ['day', '1^', '2$', '3^$', '4^$', 'day', '5^$'])
  })

  it('have one marker, before the first unread message of somebody else', () => {
    seq = 0
    const all = [at('2026-01-01T10:00', 'b'), at('2026-01-01T10:00', 'b', { kind: 'joined' }), at('2026-01-01T10:00', 'a'), at('2026-01-01T10:00', 'b'), at('2026-01-01T10:00', 'b')]
    expect(itemsOf(all, 1, 'a').map((i) => i.type)).toEqual(['day', 'message', 'system', 'message', 'new', 'message', 'message'])
    expect(itemsOf(all, 5, 'a').some((i) => i.type === 'new')).toBe(false)
    expect(unreadAfter(all, 1, 'a')).toBe(2)
    expect(unreadAfter(all, 0, 'b')).toBe(1)
  })
})

describe('system messages', () => {
  const say = (kind: string, data?: object) => systemText(at('2026-01-01T10:00', 'a', { kind, content: 'said by the server', ...(data && { data: data as never }) }), (_, name) => name)

  it('are told in words', () => {
    expect(say('joined')).toBe('A has joined')
    expect(say('straggling', { straggling: false })).toBe('A has caught up')
    expect(say('destination-changed', { destinationName: 'the lake' })).toBe('A has changed the destination to the lake')
    lang.value = 'de'
    expect(say('arrived')).toBe('A ist angekommen')
  })

  it('keep what people have written with a call for help', () => {
    lang.value = 'de'
    const call = (kind: string, content: string, data = {}) => systemText(at('2026-01-01T10:00', 'a', { kind, content, data: data as never }), (_, name) => name)
    expect(call('sos', 'A calls for help')).toBe('A ruft um Hilfe!')
    expect(call('sos', 'A calls for help: my leg: it hurts')).toBe('A ruft um Hilfe! my leg: it hurts')
    expect(call('sos-answered', 'B answers the call for help of A: coming', { endedBy: 'b', endedByName: 'B' })).toBe('B kümmert sich um A. coming')
    expect(call('sos-answered', 'B answers the call for help of A')).toBe('B answers the call for help of A')
  })

  it('of an unknown kind, or without what they need, are the server’s words', () => {
    expect(say('teleported')).toBe('said by the server')
    expect(say('destination-changed')).toBe('said by the server')
  })
})

describe('texts', () => {
  it.each([
    ['see https://example.org/a_(b), ok', ['see ', 'https://example.org/a_(b)', ', ok']],
    ['(https://example.org/?a=1&b=2).', ['(', 'https://example.org/?a=1&b=2', ').']],
    ['javascript:alert(1) http:// x', ['javascript:alert(1) http:// x']],
    ['https://a.example https://b.example', ['https://a.example', ' ', 'https://b.example']],
  ])('have links in %s', (text, parts) => {
    expect(partsOf(text).map((p) => p.text)).toEqual(parts)
  })

  it('only link to the web', () => {
    for (const p of partsOf('javascript:alert(1) data:text/html,x https://ok.example')) if (p.type === 'link') expect(p.href).toMatch(/^https?:/)
  })

  it('mark the names that they mention, the longest first', () => {
    expect(partsOf('@Ana Maria, @Ana and @Bob', ['Ana', 'Ana Maria']).map((p) => `${p.type}:${p.text}`)).toEqual(
      ['mention:@Ana Maria', 'text:, ', 'mention:@Ana', 'text: and @Bob'])
  })

  it('lose nothing', () => {
    for (const text of ['@', '@@Ana@', 'https://', 'a https://x.example/@Ana b', '\n\n', '<b>x</b>']) {
      expect(partsOf(text, ['Ana', '']).map((p) => p.text).join('')).toBe(text)
    }
  })
})

describe('mentions', () => {
  const member = (userId: string, userName: string, nickname?: string) => ({ userId, userName, ...(nickname && { nickname }) }) as MemberState
  const all = [member('1', 'Ana'), member('2', 'Ana Maria'), member('3', 'Robert', 'Bob')]

  it('are found while they are typed', () => {
    expect(mentionAt('hi @An', 6)).toEqual({ start: 3, query: 'an' })
    expect(mentionAt('@', 1)).toEqual({ start: 0, query: '' })
    expect(mentionAt('hi @An there', 12)).toBeNull()
    expect(mentionAt('a@example', 9)).toBeNull()
  })

  it('call who is named, by the name that is used here', () => {
    expect(mentionsIn('@Ana Maria and @Bob!', all)).toEqual(['2', '3'])
    expect(mentionsIn('@Ana @Ana Maria', all).sort()).toEqual(['1', '2'])
    expect(mentionsIn('Ana @Robert', all)).toEqual([])
  })
})
