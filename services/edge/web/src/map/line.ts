import type { Feature, FeatureCollection, LineString } from 'geojson'

import { bounds, circle, distance, near, place, type Box, type LngLat } from './geo'
import type { Geofence, Overlays } from './types'

const mostPoints = 20_000

/** The places of a route, without what is none, going on over the date line. */
export function wayOf(route: Overlays['route']): LngLat[] {
  const way: LngLat[] = []
  for (const c of (route?.coordinates ?? []).slice(0, mostPoints)) {
    const at = place(c[1], c[0])
    if (at) way.push([way.length ? near(way.at(-1)![0], at[0]) : at[0], at[1]])
  }
  return way
}

/** A way cut where a share of it, 0 to 1, is done. */
export function cut(way: readonly LngLat[], share: number): { done: LngLat[]; left: LngLat[] } {
  if (way.length < 2 || !(share > 0)) return { done: [], left: [...way] }
  if (share >= 1) return { done: [...way], left: [] }
  const lengths = way.slice(1).map((p, i) => distance(way[i]!, p))
  let rest = lengths.reduce((a, b) => a + b, 0) * share
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!
    if (rest <= length && length > 0) {
      const [a, b] = [way[i]!, way[i + 1]!]
      const t = rest / length
      const at: LngLat = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
      return { done: [...way.slice(0, i + 1), at], left: [at, ...way.slice(i + 1)] }
    }
    rest -= length
  }
  return { done: [...way], left: [] }
}

export function lineFeature(coordinates: readonly LngLat[], properties: Record<string, unknown>): Feature<LineString> {
  return { type: 'Feature', properties, geometry: { type: 'LineString', coordinates: coordinates.map((c) => [...c]) } }
}

export function routeFeatures(way: readonly LngLat[], share: number): FeatureCollection {
  const { done, left } = cut(way, share)
  const features = [lineFeature(done, { done: true }), lineFeature(left, { done: false })].filter((f) => f.geometry.coordinates.length > 1)
  return { type: 'FeatureCollection', features }
}

/** The ring of an area, closed; empty if it is none. */
export function ringOf(g: Geofence): LngLat[] {
  if (g.polygon && g.polygon.length > 2) {
    const ring: LngLat[] = []
    for (const c of g.polygon.slice(0, 1000)) {
      const at = place(c[1], c[0])
      if (at) ring.push([ring.length ? near(ring.at(-1)![0], at[0]) : at[0], at[1]])
    }
    return ring.length > 2 ? [...ring, ring[0]!] : []
  }
  const center = g.center && place(g.center.latitude, g.center.longitude)
  return center && g.radius && g.radius > 0 && g.radius < 2e6 ? circle(center, g.radius) : []
}

export function areaFeatures(all: readonly Geofence[]): FeatureCollection {
  const features: Feature[] = []
  for (const g of all.slice(0, 200)) {
    const ring = ringOf(g)
    if (ring.length) features.push({ type: 'Feature', properties: { id: g.id }, geometry: { type: 'Polygon', coordinates: [ring.map((c) => [...c])] } })
  }
  return { type: 'FeatureCollection', features }
}

/** Where the name of an area stands: at its upper edge, for what one goes to is often in its middle. */
export function topOf(g: Geofence): LngLat | null {
  const box: Box | null = bounds(ringOf(g))
  return box && [(box.west + box.east) / 2, box.north]
}
