import type { FeatureCollection } from 'geojson'

import { lineFeature } from './line'
import { metresPerPixel, near, type LngLat } from './geo'
import { Marker, type Look } from './marker'
import { Motion, type Fix, type Pose } from './motion'
import { Trail } from './trail'

/** What the markers need of a map. */
export interface View {
  project(at: LngLat): { x: number; y: number }
  center(): LngLat
  zoom(): number
  /** Degrees that the map is turned. */
  bearing(): number
  size(): { width: number; height: number }
}

interface Person {
  id: string
  marker: Marker
  motion: Motion
  trail: Trail
  accuracy: number // metres
  look: Look | null
  pose: Pose
  x: number
  y: number
  inside: boolean
}

/** What drawing has cost, for who measures. */
export interface Cost {
  frames: number
  total: number // ms
  worst: number // ms
}

const fades = [0.25, 0.55, 0.95] // of a trail's parts, the oldest first
const margin = 60 // pixels around the map where markers are still drawn

/** The members on the map: their markers, their trails, and the one loop that moves them. */
export class People {
  readonly cost: Cost = { frames: 0, total: 0, worst: 0 }
  private readonly all = new Map<string, Person>()
  private frame = 0
  private trailsChanged = false
  private readonly calm = matchMedia('(prefers-reduced-motion: reduce)')

  constructor(
    private readonly view: View,
    private readonly layer: HTMLElement,
    private readonly onPress: (id: string) => void,
    /** Runs in each frame in which somebody moves, before markers are put at their places; true says that the map is about to be drawn. */
    private readonly onFrame: (now: number) => boolean,
  ) {
    document.addEventListener('visibilitychange', this.seen)
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.seen)
    cancelAnimationFrame(this.frame)
    for (const id of [...this.all.keys()]) this.remove(id)
  }

  /** Whoever comes back to the page sees where all are, and not how they got there. */
  private readonly seen = () => {
    if (document.hidden) return
    for (const p of this.all.values()) p.motion.settle(performance.now())
    this.place()
  }

  has(id: string): boolean {
    return this.all.has(id)
  }

  ids(): string[] {
    return [...this.all.keys()]
  }

  /** Where somebody is drawn. */
  where(id: string): LngLat | null {
    const p = this.all.get(id)
    return p ? p.motion.pose(performance.now()).at : null
  }

  /** Where everybody is, by their newest fixes. */
  places(): LngLat[] {
    return [...this.all.values()].map((p) => p.motion.newest.at)
  }

  moved(id: string, fix: Fix, accuracy: number): void {
    const now = performance.now()
    let p = this.all.get(id)
    if (p) {
      if (!p.motion.push(fix, now)) return
      if (this.calm.matches || document.hidden) p.motion.settle(now)
    } else {
      const marker = new Marker(() => this.onPress(id))
      this.layer.append(marker.root)
      const motion = new Motion(fix, now)
      p = { id, marker, motion, trail: new Trail(), accuracy, look: null, pose: motion.pose(now), x: 0, y: 0, inside: false }
      this.all.set(id, p)
    }
    p.accuracy = accuracy
    this.trailsChanged = p.trail.add(fix.at, fix.time) || this.trailsChanged
    this.wake()
  }

  show(id: string, look: Look): void {
    const p = this.all.get(id)
    if (!p) return
    if (p.look?.color !== look.color) this.trailsChanged = true
    p.look = look
    p.marker.show(look)
  }

  remove(id: string): void {
    const p = this.all.get(id)
    if (!p) return
    p.marker.root.remove()
    this.all.delete(id)
    this.trailsChanged = true
  }

  /** Keeps the loop going for as long as somebody moves. */
  wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(this.run)
  }

  private readonly run = (now: number) => {
    this.frame = 0
    if (!this.onFrame(now)) this.place()
    for (const p of this.all.values()) {
      if (!p.motion.still) return this.wake()
    }
  }

  /** Puts all markers where they belong now. */
  place(): void {
    const began = performance.now()
    const { width, height } = this.view.size()
    const [lng] = this.view.center()
    const turned = this.view.bearing()
    const zoom = this.view.zoom()
    for (const p of this.all.values()) {
      p.pose = p.motion.pose(began)
      const { x, y } = this.view.project([near(lng, p.pose.at[0]), p.pose.at[1]])
      const halo = p.accuracy / metresPerPixel(p.pose.at[1], zoom)
      const reach = margin + Math.min(halo, 400)
      p.inside = x > -reach && y > -reach && x < width + reach && y < height + reach
      p.marker.visible(p.inside)
      if (!p.inside) continue
      p.x = x
      p.y = y
      p.marker.move(x, y)
      p.marker.turn(p.pose.heading === null ? null : p.pose.heading - turned)
      p.marker.uncertain(halo)
    }
    const cost = performance.now() - began
    this.cost.frames++
    this.cost.total += cost
    this.cost.worst = Math.max(this.cost.worst, cost)
  }

  /** Leaves away the names that others would cover: those who matter most keep theirs. */
  declutter(): void {
    const people = [...this.all.values()].filter((p) => p.inside)
    const weight = (p: Person) => (p.look?.sos ? 8 : 0) + (p.look?.selected ? 4 : 0) + (p.look?.me ? 2 : 0)
    people.sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1))
    const taken: { left: number; right: number; top: number; bottom: number }[] = people.map((p) => ({ left: p.x - 14, right: p.x + 14, top: p.y - 14, bottom: p.y + 14 }))
    people.forEach((p, i) => {
      const half = p.marker.measure() / 2
      const box = { left: p.x - half, right: p.x + half, top: p.y + 21, bottom: p.y + 39 }
      const free = taken.every((t, k) => k === i || box.right < t.left || box.left > t.right || box.bottom < t.top || box.top > t.bottom)
      p.marker.named(free || p.look?.selected === true)
      if (free) taken.push(box)
    })
  }

  /** The trails, if they have changed since they were last asked for. */
  trails(): FeatureCollection | null {
    if (!this.trailsChanged) return null
    this.trailsChanged = false
    const features = [...this.all.values()].flatMap((p) =>
      p.trail.parts(fades.length).flatMap((part, i) => (part.length > 1 ? [lineFeature(part, { color: p.look?.color ?? '#888888', opacity: fades[i] })] : [])))
    return { type: 'FeatureCollection', features }
  }

  /** The trails are to be drawn anew: the map has another style. */
  redraw(): void {
    this.trailsChanged = true
  }
}
