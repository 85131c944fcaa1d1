import { describe, expect, it } from 'vitest'

import { colorOf, contrast, inkOn, linear, palette } from './color'
import { cornerFor, crosses } from './corners'
import { bearing, between, bounds, circle, distance, metresPerPixel, near, offset, turn, type LngLat } from './geo'
import { Motion } from './motion'
import { Trail } from './trail'

describe('the earth', () => {
  it('is measured along great circles', () => {
    expect(distance([14.3601, 45.7512], [14.3601, 45.7512])).toBe(0)
    expect(distance([0, 0], [0, 1])).toBeCloseTo(111_195, 0)
    expect(distance([179.5, 0], [-179.5, 0])).toBeCloseTo(111_195, 0)
    expect(bearing([0, 0], [0, 1])).toBeCloseTo(0)
    expect(bearing([179.9, 0], [-179.9, 0])).toBeCloseTo(90)
    expect(turn(350, 10, 0.5)).toBeCloseTo(0)
    expect(turn(10, 350, 0.25)).toBeCloseTo(5)
  })

  it('has a date line that nothing crosses the long way', () => {
    expect(near(179, -179)).toBe(181)
    expect(near(-179, 179)).toBe(-181)
    expect(between([179, 10], [-179, 20], 0.5)).toEqual([180, 15])
  })

  it('puts places into the smallest box', () => {
    expect(bounds([])).toBeNull()
    expect(bounds([[Number.NaN, 1]])).toBeNull()
    expect(bounds([[14, 45]])).toEqual({ west: 14, south: 45, east: 14, north: 45 })
    expect(bounds([[14, 45], [16, 44], [15, 48]])).toEqual({ west: 14, south: 44, east: 16, north: 48 })
    expect(bounds([[179, 1], [-178, -1], [177, 0]])).toEqual({ west: 177, south: -1, east: 182, north: 1 })
    expect(bounds([[374, 45]])).toMatchObject({ west: 14 })
  })

  it('has circles that are as wide everywhere', () => {
    for (const center of [[14, 45], [179.99, 70], [0, 0]] as LngLat[]) {
      const ring = circle(center, 500)
      expect(ring[0]).toEqual(ring.at(-1))
      for (const corner of ring) expect(distance(center, corner)).toBeCloseTo(500, 3)
    }
    expect(offset([0, 0], 111_195, 0)[1]).toBeCloseTo(1, 4)
    expect(metresPerPixel(0, 0)).toBeCloseTo(78_187, -2)
    expect(metresPerPixel(60, 1)).toBeCloseTo(78_187 / 4, -2)
  })
})

describe('movement', () => {
  const at = (metres: number): LngLat => offset([14, 45], metres, 90)
  const metresOf = (p: LngLat) => distance([14, 45], p)

  it('is steady at one fix a second, whatever the network does to them', () => {
    const m = new Motion({ at: at(0), time: 0 }, 0)
    let now = 0
    let seen = metresOf(m.pose(0).at)
    const steps: number[] = []
    for (let i = 1; i <= 40; i++) {
      const comes = i * 1000 + [0, 60, -40, 90, 20][i % 5]! // 10 m/s, and jitter
      for (; now < comes; now += 16) {
        const there = metresOf(m.pose(now).at)
        if (i > 10) steps.push((there - seen) / 0.016)
        seen = there
      }
      expect(m.push({ at: at(i * 10), time: i * 1000 }, now)).toBe(true)
    }
    expect(Math.min(...steps)).toBeGreaterThan(7)
    expect(Math.max(...steps)).toBeLessThan(13)
    expect(400 - seen).toBeLessThan(20) // less than two seconds behind
  })

  it('plans what it would show in each frame', () => {
    const [m, planned] = [0, 1].map(() => new Motion({ at: [14, 45], time: 0 }, 0)) as [Motion, Motion]
    for (const one of [m, planned]) {
      one.push({ at: [14, 45.001], time: 1000 }, 1000)
      one.push({ at: [14.001, 45.001], time: 2000 }, 1001)
    }
    const plan = planned.plan(1300)
    expect(plan.map((x) => x.at).slice(1)).toEqual([[14, 45.001], [14.001, 45.001]])
    for (const x of plan) expect(distance(m.pose(1300 + x.in).at, x.at)).toBeLessThan(0.01)
    expect(planned.plan(9000)).toEqual([{ in: 0, at: [14.001, 45.001] }])
  })

  it('goes along all fixes of a burst, and ends at the newest', () => {
    const m = new Motion({ at: [14, 45], time: 0 }, 0)
    m.push({ at: [14, 45.001], time: 1000 }, 1000)
    m.push({ at: [14.001, 45.001], time: 2000 }, 1001)
    let corner = Infinity
    for (let now = 1001; now < 6000; now += 16) corner = Math.min(corner, distance(m.pose(now).at, [14, 45.001]))
    expect(corner).toBeLessThan(6)
    expect(m.still).toBe(true)
    expect(m.pose(6000).at).toEqual([14.001, 45.001])
  })

  it('ignores what is late, and does not run past what is known', () => {
    const m = new Motion({ at: at(0), time: 1000 }, 0)
    expect(m.push({ at: at(-50), time: 500 }, 10)).toBe(false)
    expect(m.push({ at: at(-50), time: 1000 }, 10)).toBe(false)
    m.push({ at: at(10), time: 2000 }, 1000)
    expect(metresOf(m.pose(60_000).at)).toBeCloseTo(10, 3)
  })

  it('does not fly over the earth, and does not jump in between', () => {
    const m = new Motion({ at: at(0), time: 0 }, 0)
    m.push({ at: at(500_000), time: 1000 }, 1000)
    expect(m.still).toBe(true)
    m.push({ at: at(500_900), time: 601_000 }, 601_000) // ten minutes without a network
    expect(m.still).toBe(false)
    expect(metresOf(m.pose(601_000).at)).toBeCloseTo(500_000, 0)
    expect(metresOf(m.pose(603_600).at)).toBeCloseTo(500_900, 0)
    m.push({ at: at(501_000), time: 602_000 }, 604_000)
    m.settle(604_001)
    expect(metresOf(m.pose(604_001).at)).toBeCloseTo(501_000, 0)
  })

  it('knows its direction from the device, else from the way', () => {
    const m = new Motion({ at: at(0), time: 0 }, 0)
    expect(m.pose(0).heading).toBeNull()
    m.push({ at: at(10), time: 1000 }, 1000)
    expect(m.pose(9000).heading).toBeCloseTo(90, 0)
    m.push({ at: at(11), time: 10_000 }, 10_000) // noise is no direction
    expect(m.pose(19_000).heading).toBeCloseTo(90, 0)
    m.push({ at: at(40), time: 20_000, heading: 270 }, 20_000)
    expect(m.pose(29_000).heading).toBe(270)
  })
})

describe('a trail', () => {
  it('is bounded in points and in time, and keeps its ends', () => {
    const t = new Trail()
    for (let i = 0; i < 5000; i++) t.add(offset([14, 45], i * 10, 90), i * 1000)
    expect(t.length).toBeLessThanOrEqual(240)
    const line = t.parts(1)[0]!
    expect(distance(line.at(-1)!, offset([14, 45], 49_990, 90))).toBeLessThan(1)
    expect(distance(line[0]!, line.at(-1)!)).toBeLessThan(15 * 60 * 10 + 20)
  })

  it('sorts in what is late and leaves out what says nothing', () => {
    const t = new Trail()
    expect(t.add([14, 45], 1000)).toBe(true)
    expect(t.add([14.002, 45], 3000)).toBe(true)
    expect(t.add([14.001, 45.001], 2000)).toBe(true)
    expect(t.add([14.001, 45.001], 2000)).toBe(false)
    expect(t.add([14.002, 45.00001], 4000)).toBe(false)
    expect(t.parts(1)).toEqual([[[14, 45], [14.001, 45.001], [14.002, 45]]])
  })

  it('has parts without gaps, also over the date line', () => {
    const t = new Trail()
    for (let i = 0; i < 10; i++) t.add([((179.95 + i * 0.01 + 180) % 360) - 180, 0], i * 1000)
    const parts = t.parts(3)
    for (let i = 1; i < parts.length; i++) expect(parts[i]![0]).toEqual(parts[i - 1]!.at(-1))
    const all = parts.flat()
    for (let i = 1; i < all.length; i++) expect(Math.abs(all[i]![0] - all[i - 1]![0])).toBeLessThan(0.02)
  })
})

describe('colours', () => {
  // Machado and others 2009, what people without one of the three cones see, in linear light
  const eyes = {
    all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  }
  const oklab = ([r, g, b]: number[]) => {
    const l = Math.cbrt(0.4122214708 * r! + 0.5363325363 * g! + 0.0514459929 * b!)
    const m = Math.cbrt(0.2119034982 * r! + 0.6806995451 * g! + 0.1073969566 * b!)
    const s = Math.cbrt(0.0883024619 * r! + 0.2817188376 * g! + 0.6299787005 * b!)
    return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s]
  }
  const seen = (color: string, eye: number[]) => {
    const c = linear(color)
    return oklab([0, 3, 6].map((row) => Math.min(1, Math.max(0, eye[row]! * c[0] + eye[row + 1]! * c[1] + eye[row + 2]! * c[2]))))
  }

  it.each(Object.entries(eyes))('stay apart for eyes with %s', (_, eye) => {
    for (const a of palette) for (const b of palette) {
      if (a >= b) continue
      const [x, y] = [seen(a, eye), seen(b, eye)]
      expect(Math.hypot(x[0]! - y[0]!, x[1]! - y[1]!, x[2]! - y[2]!), `${a} ${b}`).toBeGreaterThan(0.1)
    }
  })

  it('carry letters that can be read', () => {
    for (const color of palette) expect(contrast(color, inkOn(color)), color).toBeGreaterThan(4.5)
  })

  it('are one per user, and spread evenly', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 9000; i++) {
      const id = `0193${(i * 2654435761 % 2 ** 32).toString(16).padStart(8, '0')}-7abc-8def-0123456789ab`
      expect(colorOf(id)).toBe(colorOf(id))
      counts.set(colorOf(id), (counts.get(colorOf(id)) ?? 0) + 1)
    }
    expect(counts.size).toBe(palette.length)
    for (const n of counts.values()) expect(n).toBeGreaterThan(800)
  })
})

describe('the corners of a shape', () => {
  const square: LngLat[] = [[0, 0], [1, 0], [1, 1], [0, 1]]

  it('get another one where it is least out of the way', () => {
    expect(cornerFor([], [5, 5])).toBe(0)
    expect(cornerFor(square.slice(0, 2), [0.5, 0])).toBe(2) // as long as there is no shape, they come in turn
    expect(cornerFor(square, [0.5, -0.2])).toBe(1)
    expect(cornerFor(square, [1.2, 0.5])).toBe(2)
    expect(cornerFor(square, [-0.2, 0.5])).toBe(4)
  })

  it('have lines that may not cross', () => {
    const [a, b, c, d] = square as [LngLat, LngLat, LngLat, LngLat]
    expect(crosses(square)).toBe(false)
    expect(crosses([a, b, d, c])).toBe(true)
    expect(crosses([a, c, b, d])).toBe(true)
    expect(crosses([a, b, c, [0.9, 0.1], d])).toBe(false)
    expect(crosses([a, b, c, [0.5, -0.1], d])).toBe(true)
    expect(crosses([])).toBe(false)
    expect(crosses([[179, 0], [-179, 0], [-179, 1], [179, 1]])).toBe(false)
    expect(crosses([[179, 0], [-179, 1], [-179, 0], [179, 1]])).toBe(true)
  })
})
