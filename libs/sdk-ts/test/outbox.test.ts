import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { WeMapsError } from '../src/errors.js'
import { Outbox } from '../src/outbox.js'

describe('Outbox', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('sends in the order of writing, one after the other', async () => {
    const sent: string[] = []
    let release: () => void = () => undefined
    const box = new Outbox((m) => new Promise<void>((done) => { sent.push(m.content); release = done }), () => true)
    const [a, b] = [box.add('a'), box.add('b')]
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toEqual(['a'])
    release()
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toEqual(['a', 'b'])
    expect([a.state, b.state]).toEqual(['sent', 'pending'])
  })

  it('waits without a connection, and keeps the id over all tries', async () => {
    let online = false
    const ids: string[] = []
    const box = new Outbox(async (m) => {
      ids.push(m.clientId)
      if (ids.length < 3) throw new WeMapsError('UNAVAILABLE', 'later', 0, undefined, 100)
    }, () => online)
    const m = box.add('hello')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ids).toEqual([])
    online = true
    box.flush()
    await vi.advanceTimersByTimeAsync(1000)
    expect(m.state).toBe('sent')
    expect(new Set(ids).size).toBe(1)
    expect(ids.length).toBe(3)
    const [next, after] = [box.add('next'), box.add('after')] // it goes on by itself
    await vi.advanceTimersByTimeAsync(0)
    expect([next.state, after.state]).toEqual(['sent', 'sent'])
  })

  it('shows what waits until it is stored or given up', async () => {
    let changes = 0
    const box = new Outbox(async (m) => {
      if (m.content === 'bad') throw new WeMapsError('VALIDATION_ERROR', 'too long')
    }, () => true, () => changes++)
    const bad = box.add('bad', { replyTo: 'x', mentions: ['u'] })
    box.add('good')
    expect(box.waiting.map((m) => [m.content, m.replyTo, m.mentions])).toEqual([['bad', 'x', ['u']], ['good', undefined, undefined]])
    await vi.advanceTimersByTimeAsync(0)
    expect(box.waiting.map((m) => [m.content, m.state])).toEqual([['bad', 'failed']])
    bad.discard()
    expect(box.waiting).toEqual([])
    expect(changes).toBeGreaterThanOrEqual(5) // added, added, failed, sent, discarded
  })

  it('fails for good when it is refused, and goes on with the next', async () => {
    const box = new Outbox(async (m) => {
      if (m.content === 'bad') throw new WeMapsError('VALIDATION_ERROR', 'too long')
    }, () => true)
    const [bad, good] = [box.add('bad'), box.add('good')]
    let changes = 0
    bad.onChange(() => changes++)
    await vi.advanceTimersByTimeAsync(0)
    expect([bad.state, bad.error?.code, good.state, changes]).toEqual(['failed', 'VALIDATION_ERROR', 'sent', 1])
    bad.retry()
    expect(bad.state).toBe('pending')
    await vi.advanceTimersByTimeAsync(0)
    expect(bad.state).toBe('failed')
    bad.discard()
  })

  it('knows that a message is stored when it is heard, although the answer was lost', async () => {
    const box = new Outbox(() => new Promise(() => undefined), () => true)
    const m = box.add('hello')
    box.heard(m.clientId)
    expect(m.state).toBe('sent')
  })
})
