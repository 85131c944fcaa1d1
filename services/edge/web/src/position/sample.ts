import { metres, type Track, type TrackPoint } from './gpx'

const away = 2500 // metres from the destination, where the way begins
const swing = 250 // metres to both sides of the straight line
const steps = 120
const fast = 12 // m/s

/** A way that nobody went, in bends to a destination from wherever: for trying things out without a file. `from` is in degrees from north. */
export function sampleTrack(to: { lat: number; lng: number }, name: string, from = Math.random() * 360): Track {
  const degree = 111_195 // metres, on the sphere
  const rad = Math.PI / 180
  const wide = degree * Math.max(0.01, Math.cos(to.lat * rad))
  const [north, east] = [Math.cos(from * rad), Math.sin(from * rad)]
  const points: TrackPoint[] = []
  let length = 0
  for (let i = 0; i <= steps; i++) {
    const left = 1 - i / steps
    const aside = swing * Math.sin(left * 3 * Math.PI)
    const latitude = to.lat + (north * away * left - east * aside) / degree
    const longitude = to.lng + (east * away * left + north * aside) / wide
    const place = { latitude: Math.min(90, Math.max(-90, latitude)), longitude: ((longitude + 540) % 360) - 180 }
    if (i > 0) length += metres(points[i - 1]!, place)
    points.push({ ...place, time: Math.round((length / fast) * 1000) })
  }
  return { name, points, duration: points.at(-1)!.time, length }
}
