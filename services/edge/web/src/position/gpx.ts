/** A point of a track. */
export interface TrackPoint {
  latitude: number
  longitude: number
  /** ms since the start of the track. */
  time: number
  /** Metres. */
  altitude?: number
  /** True where a new segment begins: nobody knows what was in between. */
  gap?: boolean
}

export interface Track {
  name: string
  points: readonly TrackPoint[]
  /** ms */
  duration: number
  /** Metres. */
  length: number
}

/** Why a file is no track, for programs; the page has words for it. */
export class TrackError extends Error {
  constructor(readonly code: 'too-big' | 'not-gpx' | 'empty') {
    super(code)
  }
}

export const mostBytes = 20 * 1024 * 1024
export const mostPoints = 100_000
const walking = 1.4 // m/s, for tracks without times
const fastest = 340 // m/s: what is faster is no way that somebody went
const longestGap = 3_600_000 // ms between two points, for which nobody wants to wait longer
const earth = 6_371_008.8

/** Reads a GPX file: its track points, else its route points, in order and at times that go forward. */
export function readTrack(text: string): Track {
  if (text.length > mostBytes) throw new TrackError('too-big')
  // A browser fetches no external entities; still, a track needs no document type.
  if (/<!(doctype|entity)/i.test(text)) throw new TrackError('not-gpx')
  const doc = new DOMParser().parseFromString(text, 'application/xml')
  const root = doc.documentElement
  if (!root || root.localName !== 'gpx' || doc.getElementsByTagName('parsererror').length > 0) throw new TrackError('not-gpx')
  let raw = collect(root, 'trkpt')
  if (raw.length === 0) raw = collect(root, 'rtept')
  const points = timed(raw)
  if (points.length < 2) throw new TrackError('empty')
  const length = points.reduce((sum, p, i) => sum + (i > 0 ? metres(points[i - 1]!, p) : 0), 0)
  return { name: nameOf(root), points, duration: points.at(-1)!.time, length }
}

interface RawPoint {
  latitude: number
  longitude: number
  altitude?: number
  at: number // ms since 1970, or NaN
  gap: boolean
}

function collect(root: Element, tag: 'trkpt' | 'rtept'): RawPoint[] {
  const points: RawPoint[] = []
  let parent: Element | null = null
  const all = root.getElementsByTagName(tag).length > 0 ? root.getElementsByTagName(tag) : root.getElementsByTagNameNS('*', tag)
  for (let i = 0, n = Math.min(all.length, mostPoints); i < n; i++) {
    const e = all[i]!
    const latitude = number(e.getAttribute('lat'), 90)
    const longitude = number(e.getAttribute('lon'), 180)
    if (Number.isNaN(latitude) || Number.isNaN(longitude)) continue
    const altitude = number(childText(e, 'ele'), 20_000)
    const at = Date.parse(childText(e, 'time'))
    points.push({ latitude, longitude, at, gap: points.length > 0 && e.parentElement !== parent, ...(!Number.isNaN(altitude) && { altitude }) })
    parent = e.parentElement
  }
  return points
}

/** A decimal number within ± bound; NaN for all else. */
function number(text: string | null, bound: number): number {
  const trimmed = text?.trim() ?? ''
  if (trimmed.length > 40 || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number.NaN
  const n = Number(trimmed)
  return Math.abs(n) <= bound ? n : Number.NaN
}

function childText(e: Element, tag: string): string {
  for (const child of e.children) if (child.localName === tag) return (child.textContent ?? '').slice(0, 64)
  return ''
}

function nameOf(root: Element): string {
  for (const tag of ['trk', 'rte', 'metadata']) {
    const parent = [...root.children].find((c) => c.localName === tag)
    const name = parent && [...parent.children].find((c) => c.localName === 'name')?.textContent?.trim()
    if (name) return name.slice(0, 100)
  }
  return ''
}

/** Gives each point a time after the one before it: the recorded one where that can be, else what walking would take. */
function timed(raw: readonly RawPoint[]): TrackPoint[] {
  const points: TrackPoint[] = []
  let time = 0
  let before: RawPoint | null = null
  for (const p of raw) {
    if (before) {
      const recorded = p.at - before.at
      if (recorded <= 0) continue // out of order, or the same moment
      const d = metres(before, p)
      const possible = Number.isFinite(recorded) && d / (recorded / 1000) <= fastest
      time += possible ? Math.min(recorded, longestGap) : Math.max(1000, (d / walking) * 1000)
    }
    points.push({ latitude: p.latitude, longitude: p.longitude, time, ...(p.altitude !== undefined && { altitude: p.altitude }), ...(p.gap && { gap: true }) })
    before = p
  }
  return points
}

export function metres(a: { latitude: number; longitude: number }, b: { latitude: number; longitude: number }): number {
  const rad = Math.PI / 180
  const s = Math.sin(((b.latitude - a.latitude) * rad) / 2) ** 2
    + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.sin(((b.longitude - a.longitude) * rad) / 2) ** 2
  return 2 * earth * Math.asin(Math.min(1, Math.sqrt(s)))
}
