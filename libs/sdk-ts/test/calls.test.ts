import { describe, expect, it } from 'vitest'

import { Calls } from '../src/calls.js'
import { News } from '../src/news.js'
import type { SOS } from '../src/types.js'

const call = (id: string, state: SOS['state'] = 'open', minute = 0): SOS =>
  ({ id, roomId: 'r', userId: 'u', userName: 'Ana', message: '', state, raisedAt: '2026-01-01T00:00:00.000Z', updatedAt: `2026-01-01T00:0${minute}:00.000Z` })

describe('Calls', () => {
  it('tells each change once, whatever order they come in', () => {
    const c = new Calls()
    expect(c.hear(call('a', 'open', 1))).toBe('raised')
    expect(c.hear(call('a', 'open', 1))).toBeNull()
    expect(c.hear(call('a', 'open', 2))).toBe('raised')
    expect(c.hear(call('a', 'open', 1))).toBeNull()
    expect(c.hear(call('a', 'answered', 3))).toBe('ended')
    expect(c.hear(call('a', 'answered', 3))).toBeNull()
    expect(c.open.size).toBe(0)
  })

  it('lets no call that has ended come back with an older answer', () => {
    const c = new Calls()
    c.hear(call('a'))
    c.hear(call('a', 'cancelled', 1))
    expect(c.hear(call('a'))).toBeNull()
    expect(c.hear(call('b', 'answered', 1))).toBe('ended') // one that was never heard to begin
    expect(c.hear(call('b'))).toBeNull()
    expect(c.open.size).toBe(0)
  })

  it('forgets what ended while nobody listened, and nothing that began after it was asked', () => {
    const c = new Calls()
    for (const id of ['a', 'b']) c.hear(call(id))
    const known = [...c.open.keys()]
    c.hear(call('c'))
    expect(c.forget(known, [call('b')])).toBe(true)
    expect([...c.open.keys()]).toEqual(['b', 'c'])
    expect(c.hear(call('a'))).toBeNull()
    expect(c.forget(known, [call('b')])).toBe(false)
  })
})

describe('News', () => {
  it('knows what was heard since a moment, by topic', () => {
    const n = new News()
    n.hear('a')
    const then = n.now
    n.hear('b')
    expect([n.since(then, 'a'), n.since(then, 'b'), n.since(then, 'c'), n.since(n.now, 'b')]).toEqual([false, true, false, false])
  })
})
