import { distance, near, type LngLat } from './geo'

const most = 240 // points of one member
const oldest = 15 * 60_000 // ms
const step = 6 // metres: closer points say nothing new

interface Point {
  at: LngLat
  time: number
}

/** Where somebody came from: a bounded line, the oldest point first. */
export class Trail {
  private points: Point[] = []

  get length(): number {
    return this.points.length
  }

  /** Takes a fix; late ones find their place. Returns whether the line is another one now. */
  add(at: LngLat, time: number): boolean {
    const all = this.points
    let i = all.length
    while (i > 0 && all[i - 1]!.time > time) i--
    const before = all[i - 1]
    if (before && (before.time === time || distance(before.at, at) < step)) return false
    const after = all[i]
    if (after && distance(after.at, at) < step) return false
    all.splice(i, 0, { at, time })
    if (all.length > most) this.thin()
    const since = all.at(-1)!.time - oldest
    const stale = all.findIndex((p) => p.time >= since)
    if (stale > 0) all.splice(0, stale)
    return true
  }

  /** A long trail keeps its newer half whole, and every second point of the older one. */
  private thin(): void {
    const half = this.points.length >> 1
    this.points = this.points.filter((_, i) => i >= half || i % 2 === 0)
  }

  clear(): void {
    this.points = []
  }

  /**
   * The line in parts, the oldest first, so that it can fade; each begins where the one before it ends. It does not break
   * at the date line: longitudes go on beyond 180.
   */
  parts(count: number): LngLat[][] {
    if (this.points.length < 2) return []
    const line: LngLat[] = []
    for (const p of this.points) line.push([line.length ? near(line.at(-1)![0], p.at[0]) : p.at[0], p.at[1]])
    const parts: LngLat[][] = []
    for (let k = 0; k < count; k++) {
      const a = Math.floor((k * (line.length - 1)) / count)
      const b = Math.floor(((k + 1) * (line.length - 1)) / count)
      parts.push(b > a ? line.slice(a, b + 1) : [])
    }
    return parts
  }
}
