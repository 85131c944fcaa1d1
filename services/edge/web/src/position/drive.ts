import { metres, type Track, type TrackPoint } from './gpx'
import type { Reading } from './reading'

export const speeds = [1, 2, 5, 10, 30, 60] as const
const step = 1000 // ms between two readings, as a phone has them
const around = 3000 // ms of the track about a point that say which way and how fast one goes

/** How far a drive is. */
export interface Progress {
  /** ms of the track. */
  at: number
  duration: number
  speed: number
  playing: boolean
  ended: boolean
}

/** Replays a track as if one were going along it, at 1 to 60 times its speed. */
export class Drive {
  speed = 1
  private position = 0 // ms of the track
  private since = 0 // when position was right, while it plays
  private timer: ReturnType<typeof setTimeout> | undefined
  private due = 0

  constructor(
    readonly track: Track,
    private readonly tell: (r: Reading) => void,
    private readonly changed: (p: Progress) => void,
  ) {}

  get playing(): boolean {
    return this.timer !== undefined
  }

  get at(): number {
    const passed = this.playing ? (performance.now() - this.since) * this.speed : 0
    return Math.min(this.track.duration, this.position + passed)
  }

  play(): void {
    if (this.playing) return
    if (this.position >= this.track.duration) this.position = 0
    this.since = this.due = performance.now()
    this.timer = setTimeout(() => this.beat(), 0)
  }

  pause(): void {
    this.position = this.at
    this.stop()
    this.report()
  }

  /** Another speed; the place stays. */
  setSpeed(speed: number): void {
    this.position = this.at
    this.since = performance.now()
    this.speed = Math.min(60, Math.max(1, speed))
    this.report()
  }

  seek(ms: number): void {
    this.position = Math.min(this.track.duration, Math.max(0, ms))
    this.since = performance.now()
    this.tell(readingAt(this.track.points, this.position, this.speed))
    this.report()
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  /** Beats are due at fixed moments: a late one does not delay those after it. */
  private beat(): void {
    const at = this.at
    this.tell(readingAt(this.track.points, at, this.speed))
    if (at >= this.track.duration) return this.pause()
    const now = performance.now()
    this.due = Math.max(this.due + step, now)
    this.timer = setTimeout(() => this.beat(), this.due - now)
    this.report()
  }

  private report(): void {
    const at = this.at
    this.changed({ at, duration: this.track.duration, speed: this.speed, playing: this.playing, ended: at >= this.track.duration })
  }
}

/** Where one is at a moment of a track. The speed is that of the replay: as fast as that others see one move. */
export function readingAt(points: readonly TrackPoint[], at: number, times = 1): Reading {
  const here = placeAt(points, at)
  const end = points.at(-1)!.time
  const [from, to] = [Math.max(0, at - around / 2), Math.min(end, at + around / 2)]
  const [a, b] = [placeAt(points, from), placeAt(points, to)]
  const moved = metres(a, b)
  return {
    latitude: here.latitude,
    longitude: here.longitude,
    accuracy: 5,
    speed: Math.min(300, (moved / Math.max(1, to - from)) * 1000 * times),
    at: Date.now(),
    ...(moved > 1 && { heading: course(a, b) }),
    ...(here.altitude !== undefined && { altitude: here.altitude }),
  }
}

type Place = { latitude: number; longitude: number; altitude?: number }

function placeAt(points: readonly TrackPoint[], at: number): Place {
  let [low, high] = [0, points.length - 1]
  if (at <= 0) return points[0]!
  if (at >= points[high]!.time) return points[high]!
  while (high - low > 1) {
    const mid = (low + high) >> 1
    if (points[mid]!.time <= at) low = mid
    else high = mid
  }
  const [a, b] = [points[low]!, points[high]!]
  if (b.gap) return a // one waits at the end of a segment for the next to begin
  const t = (at - a.time) / Math.max(1, b.time - a.time)
  const turn = b.longitude - a.longitude
  const lng = a.longitude + (Math.abs(turn) > 180 ? turn - Math.sign(turn) * 360 : turn) * t
  const altitude = a.altitude !== undefined && b.altitude !== undefined ? a.altitude + (b.altitude - a.altitude) * t : undefined
  return { latitude: a.latitude + (b.latitude - a.latitude) * t, longitude: Math.abs(lng) > 180 ? lng - Math.sign(lng) * 360 : lng, ...(altitude !== undefined && { altitude }) }
}

function course(a: Place, b: Place): number {
  const rad = Math.PI / 180
  const d = (b.longitude - a.longitude) * rad
  const y = Math.sin(d) * Math.cos(b.latitude * rad)
  const x = Math.cos(a.latitude * rad) * Math.sin(b.latitude * rad) - Math.sin(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.cos(d)
  return (Math.atan2(y, x) / rad + 360) % 360
}
