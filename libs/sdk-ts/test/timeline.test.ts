import { describe, expect, it } from 'vitest'

import { Timeline } from '../src/timeline.js'
import type { ChatMessage } from '../src/types.js'

const message = (seq: number, rev?: number): ChatMessage =>
  ({ id: `m${seq}`, roomId: 'r', userId: 'u', userName: 'Ana', content: `text ${seq}`, timestamp: '2026-01-01T00:00:00.000Z', seq, ...(rev && { rev }) })
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
const seqs = (all: readonly ChatMessage[]) => all.map((m) => m.seq)

describe('Timeline', () => {
  it('holds live messages until the first page is there', () => {
    const t = new Timeline()
    expect(t.hear(message(12))).toEqual([])
    expect(t.hear(message(10))).toEqual([])
    expect(seqs(t.begin(range(8, 10), true))).toEqual([])
    expect(t.gap).toBe(true)
    expect(seqs(t.hear(message(11)))).toEqual([11, 12])
    expect(seqs(t.messages)).toEqual([8, 9, 10, 11, 12])
    expect(t.gap).toBe(false)
  })

  it('begins with an empty room', () => {
    const t = new Timeline()
    t.begin([], false)
    expect(seqs(t.hear(message(1)))).toEqual([1])
  })

  it('tells each message once, in order, whatever order and however often they come', () => {
    let seed = 1
    const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n
    for (let round = 0; round < 300; round++) {
      const t = new Timeline()
      const told: number[] = []
      const last = 1 + random(30)
      t.begin(range(1, random(last + 1)), false)
      const from = t.lastSeq
      for (let step = 0; step < 60; step++) {
        if (random(5) === 0) told.push(...seqs(t.missed(range(t.lastSeq + 1, Math.min(last, t.lastSeq + random(6))))))
        else told.push(...seqs(t.hear(message(1 + random(last)))))
      }
      told.push(...seqs(t.missed(range(t.lastSeq + 1, last))))
      expect(told).toEqual(seqs(range(from + 1, last)))
      expect(seqs(t.messages)).toEqual(seqs(range(1, last)))
      expect(t.gap).toBe(false)
    }
  })

  it('adds older pages in front, without repeats', () => {
    const t = new Timeline()
    t.begin(range(11, 15), true)
    t.earlier(range(6, 11), true)
    t.earlier(range(1, 5), false)
    expect(seqs(t.messages)).toEqual(seqs(range(1, 15)))
    expect(t.hasMore).toBe(false)
  })

  it('takes the newest state of a message, never an older one', () => {
    const t = new Timeline()
    t.begin(range(1, 5), false)
    expect(t.change({ ...message(3, 7), content: 'new' })).toBe(true)
    expect(t.change({ ...message(3, 6), content: 'old' })).toBe(false)
    expect(t.hear({ ...message(3), content: 'older' })).toEqual([])
    expect(t.byId('m3')?.content).toBe('new')
    expect(t.change(message(99, 8))).toBe(false)
  })
})
