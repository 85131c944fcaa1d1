import { describe, expect, it } from 'vitest'

import { escape, read } from './config'
import { graticule, stepFor } from './graticule'
import { distance, type LngLat } from './geo'
import { areaFeatures, cut, ringOf, routeFeatures, wayOf } from './line'

describe('a route', () => {
  const way: LngLat[] = [[14, 45], [14, 45.01], [14, 45.03]]

  it('is cut where a share of its length is done', () => {
    const { done, left } = cut(way, 0.5)
    expect(done.at(-1)![1]).toBeCloseTo(45.015, 6)
    expect(left[0]).toEqual(done.at(-1))
    expect(cut(way, 0)).toEqual({ done: [], left: way })
    expect(cut(way, 1)).toEqual({ done: way, left: [] })
    expect(cut(way, Number.NaN).left).toEqual(way)
    expect(routeFeatures(way, 0.3).features.map((f) => f.properties!.done)).toEqual([true, false])
    expect(routeFeatures(way, 0).features).toHaveLength(1)
  })

  it('has only places, goes on over the date line, and is bounded', () => {
    expect(wayOf({ type: 'LineString', coordinates: [[179.9, 0], [999, 0], [Number.NaN, 1], [-179.9, 0], []] })).toEqual([[179.9, 0], [180.1, 0]])
    expect(wayOf({ type: 'LineString', coordinates: Array.from({ length: 50_000 }, () => [1, 1]) })).toHaveLength(20_000)
    expect(wayOf(null)).toEqual([])
  })
})

describe('areas', () => {
  it('are closed rings, or nothing', () => {
    const ring = ringOf({ id: 'a', name: 'Café', center: { latitude: 45, longitude: 14 }, radius: 200 })
    expect(distance([14, 45], ring[7]!)).toBeCloseTo(200, 2)
    const square = ringOf({ id: 'b', name: 'Field', polygon: [[14, 45], [14.1, 45], [14.1, 45.1]] })
    expect(square).toHaveLength(4)
    expect(square[0]).toEqual(square.at(-1))
    expect(areaFeatures([{ id: 'c', name: '', polygon: [[14, 45]] }, { id: 'd', name: '', center: { latitude: 145, longitude: 14 }, radius: 5 }, { id: 'e', name: '', center: { latitude: 45, longitude: 14 }, radius: -1 }]).features).toEqual([])
  })
})

describe('the graticule', () => {
  it('has a handful of lines at every zoom', () => {
    for (let zoom = 2; zoom <= 19; zoom += 0.5) {
      const wide = Math.min(360, (360 * 900) / (512 * 2 ** zoom))
      const box = { west: 14, east: 14 + wide, south: Math.max(-80, 45 - wide / 2), north: Math.min(80, 45 + wide / 2) }
      const { features } = graticule(box, zoom)
      const lines = features.filter((f) => f.geometry.type === 'LineString').length
      expect(lines, `zoom ${zoom}`).toBeGreaterThan(1)
      expect(lines, `zoom ${zoom}`).toBeLessThan(130)
    }
    expect(stepFor(0)).toBe(30)
    expect(stepFor(13)).toBe(0.01)
  })

  it('names its lines, also beyond the date line', () => {
    const names = graticule({ west: 179, east: 182, south: -1, north: 1 }, 8).features.flatMap((f) => (f.properties!.text as string | undefined) ?? [])
    expect(names).toContain('180.0° W')
    expect(names).toContain('179.0° W')
    expect(names).toContain('0°')
  })

  it('leaves the scale at the lower edge alone', () => {
    const box = { west: 14, east: 14.1, south: 45.7, north: 45.8 }
    const named = (foot?: number) => graticule(box, 12, foot).features.flatMap((f) => (f.geometry.type === 'Point' ? [f.geometry.coordinates[1]!] : []))
    expect(Math.min(...named())).toBe(45.7)
    const above = named(45.72)
    expect(above.length).toBeGreaterThan(4)
    expect(Math.min(...above)).toBe(45.72)
  })
})

describe('the operator’s configuration', () => {
  it('is taken as far as it is usable', () => {
    expect(read({ styleUrl: 'https://tiles.example.org/style.json', attribution: '© People' })).toEqual({ styleUrl: 'https://tiles.example.org/style.json', attribution: '© People' })
    expect(read({ styleUrl: '/style.json' })).toEqual({ styleUrl: '/style.json' })
    for (const bad of ['javascript:alert(1)', '//evil.example.org/x', 'data:text/html,x', 7, 'https://a b', 'x'.repeat(3000)]) expect(read({ styleUrl: bad })).toEqual({})
    for (const bad of [null, 7, 'x', []]) expect(read(bad)).toEqual({})
    expect(escape('<img src=x onerror=alert(1)> & "people"')).toBe('&#60;img src=x onerror=alert(1)&#62; &#38; &#34;people&#34;')
  })
})
