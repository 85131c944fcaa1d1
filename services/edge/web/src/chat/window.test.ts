import { describe, expect, it } from 'vitest'

import { following, most, moved, windowOf } from './window'

const chat = (n: number, first = 1) => Array.from({ length: n }, (_, i) => ({ seq: first + i }))

describe('the part of a chat that is in the document', () => {
  it('follows the newest', () => {
    expect(windowOf(chat(0), null)).toEqual({ start: 0, end: 0 })
    expect(windowOf(chat(30), null)).toEqual({ start: 0, end: 30 })
    expect(windowOf(chat(1000), null)).toEqual({ start: 1000 - following, end: 1000 })
  })

  it('moves to the oldest and back, never is too long, and leaves nothing out', () => {
    const all = chat(1000)
    const seen = new Set<number>()
    let from: number | null = null
    const look = () => {
      const { start, end } = windowOf(all, from)
      expect(end - start).toBeLessThanOrEqual(most)
      for (let i = start; i < end; i++) seen.add(i)
      return { start, end }
    }
    for (let tries = 0; look().start > 0; tries++) {
      expect(tries).toBeLessThan(100)
      from = moved(all, from, -1)
    }
    expect(seen.size).toBe(1000)
    for (let tries = 0; look().end < 1000; tries++) {
      expect(tries).toBeLessThan(100)
      from = moved(all, from, 1)
    }
    expect(moved(all, from, 1)).toBe(from)
  })

  it('stays where it is when older messages come', () => {
    const from = windowOf(chat(100, 101), 101)
    expect(from).toEqual({ start: 0, end: 100 })
    expect(windowOf(chat(150, 51), 101)).toEqual({ start: 50, end: 150 })
  })
})
