import { describe, expect, it } from 'vitest'

import { along, Drift, within } from './drift'

const way = [{ x: 0, y: 0, in: 0 }, { x: 100, y: -50, in: 1000 }, { x: 100, y: -250, in: 2000 }]

describe('a picture of the map that is pushed about', () => {
  it('is where its way says', () => {
    expect(along(way, -5)).toEqual({ x: 0, y: 0 })
    expect(along(way, 500)).toEqual({ x: 50, y: -25 })
    expect(along(way, 1500)).toEqual({ x: 100, y: -150 })
    expect(along(way, 9000)).toEqual({ x: 100, y: -250 })
    expect(along([], 5)).toEqual({ x: 0, y: 0 })
  })

  it('is drawn anew before its edge comes into sight', () => {
    expect(within(way, 50)).toBe(500)
    expect(within(way, 150)).toBe(1500)
    expect(within(way, 250)).toBe(Infinity)
    expect(within([{ x: 0, y: 999, in: 0 }], 120)).toBe(0)
    expect(within([{ x: 0, y: 0, in: 0 }, { x: -300, y: 150, in: 900 }], 100)).toBe(300)
  })

  it('goes on from where it is when its way changes', () => {
    const animations: { keyframes: Keyframe[]; gone: boolean; startTime?: number }[] = []
    const picture = {
      style: { transform: '' },
      animate: (keyframes: Keyframe[]) => {
        const a = { keyframes, gone: false, cancel: () => void (a.gone = true) }
        animations.push(a)
        return a
      },
    }
    Object.assign(globalThis, { devicePixelRatio: 1 })
    const drift = new Drift(picture as unknown as HTMLElement)
    drift.go(way, 10_000)
    expect(drift.moves(11_999)).toBe(true)
    expect(drift.moves(12_000)).toBe(false)
    expect(picture.style.transform).toBe('translate(100px,-250px)') // where it stays afterwards
    const at = drift.at(10_500)
    drift.go([{ ...at, in: 0 }, { x: 7, y: 7, in: 100 }], 10_500)
    expect(animations.map((a) => [a.gone, a.startTime])).toEqual([[true, 10_000], [false, 10_500]])
    expect(animations[1]!.keyframes[0]!.transform).toBe('translate(50px,-25px)')
    drift.put({ x: 0, y: 0 })
    expect(picture.style.transform).toBe('')
    expect(drift.moves(10_501)).toBe(false)
  })
})
