/** A place: longitude, latitude, in degrees, as GeoJSON has it. */
export type LngLat = readonly [lng: number, lat: number]

const earth = 6_371_008.8 // metres, mean radius
const rad = Math.PI / 180

/** Metres along the great circle. */
export function distance(a: LngLat, b: LngLat): number {
  const s = Math.sin(((b[1] - a[1]) * rad) / 2) ** 2 + Math.cos(a[1] * rad) * Math.cos(b[1] * rad) * Math.sin(((b[0] - a[0]) * rad) / 2) ** 2
  return 2 * earth * Math.asin(Math.min(1, Math.sqrt(s)))
}

/** The course from a to b at a, in degrees from north. */
export function bearing(a: LngLat, b: LngLat): number {
  const dLng = (b[0] - a[0]) * rad
  const y = Math.sin(dLng) * Math.cos(b[1] * rad)
  const x = Math.cos(a[1] * rad) * Math.sin(b[1] * rad) - Math.sin(a[1] * rad) * Math.cos(b[1] * rad) * Math.cos(dLng)
  return (Math.atan2(y, x) / rad + 360) % 360
}

/** Longitude b written so that it is less than half the world from a: lines over the date line stay short. */
export function near(a: number, b: number): number {
  return b - 360 * Math.round((b - a) / 360)
}

/** Between a (t = 0) and b (t = 1), the short way around. */
export function between(a: LngLat, b: LngLat, t: number): LngLat {
  return [a[0] + (near(a[0], b[0]) - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

/** Degrees from one angle to another, the short way around: -180 to 180. */
export function apart(from: number, to: number): number {
  return ((((to - from) % 360) + 540) % 360) - 180
}

/** Between two angles in degrees, the short way around. */
export function turn(from: number, to: number, t: number): number {
  return (from + apart(from, to) * t + 360) % 360
}

export interface Box {
  west: number
  south: number
  east: number
  north: number
}

/**
 * The smallest box that holds all places; east may be beyond 180, so that friends on both sides of the date line are near
 * each other. Null without places.
 */
export function bounds(places: Iterable<LngLat>): Box | null {
  const lngs: number[] = []
  let south = Infinity
  let north = -Infinity
  for (const [lng, lat] of places) {
    if (!Number.isFinite(lng) || !Number.isFinite(lat)) continue
    lngs.push(((lng % 360) + 540) % 360 - 180)
    south = Math.min(south, lat)
    north = Math.max(north, lat)
  }
  if (lngs.length === 0) return null
  lngs.sort((a, b) => a - b)
  // The box is the circle without the widest gap between neighbours.
  let widest = lngs[0]! + 360 - lngs.at(-1)!
  let first = 0
  for (let i = 1; i < lngs.length; i++) {
    const gap = lngs[i]! - lngs[i - 1]!
    if (gap > widest) {
      widest = gap
      first = i
    }
  }
  const west = lngs[first]!
  return { west, south, east: near360(west, lngs[(first + lngs.length - 1) % lngs.length]!), north }
}

const near360 = (west: number, lng: number) => (lng < west ? lng + 360 : lng)

/** The place at a distance in metres and a course in degrees. */
export function offset(from: LngLat, metres: number, course: number): LngLat {
  const d = metres / earth
  const lat1 = from[1] * rad
  const lat2 = Math.asin(Math.sin(lat1) * Math.cos(d) + Math.cos(lat1) * Math.sin(d) * Math.cos(course * rad))
  const dLng = Math.atan2(Math.sin(course * rad) * Math.sin(d) * Math.cos(lat1), Math.cos(d) - Math.sin(lat1) * Math.sin(lat2))
  return [from[0] + dLng / rad, lat2 / rad]
}

/** A circle on the ground, as a closed ring. */
export function circle(center: LngLat, metres: number, corners = 64): LngLat[] {
  const ring = Array.from({ length: corners }, (_, i) => offset(center, metres, (i * 360) / corners))
  return [...ring, ring[0]!]
}

/** Metres that a pixel shows, at 512-pixel tiles. */
export function metresPerPixel(latitude: number, zoom: number): number {
  return (Math.cos(latitude * rad) * 2 * Math.PI * earth) / (512 * 2 ** zoom)
}

/** Degrees, or nothing if it is no place. */
export function place(latitude: unknown, longitude: unknown): LngLat | null {
  const ok = typeof latitude === 'number' && typeof longitude === 'number' && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  return ok ? [longitude, latitude] : null
}
