import type { FeatureCollection } from 'geojson'

import type { Plan } from './camera'
import { lineFeature } from './line'
import { metresPerPixel, type LngLat } from './geo'
import type { Ground } from './ground'
import { Marker, type Look } from './marker'
import { Motion, type Fix } from './motion'
import { Trail } from './trail'

interface Person {
  id: string
  marker: Marker
  motion: Motion
  trail: Trail
  accuracy: number // metres
  look: Look | null
  /** Has moved, and does not go there yet. */
  due: boolean
  x: number
  y: number
  inside: boolean
}

const fades = [0.25, 0.55, 0.95] // of a trail's parts, the oldest first
const margin = 60 // pixels around its place that a marker takes
const gather = 200 // ms, in which those who have moved begin to glide together: each beginning costs a frame

/**
 * The members on the map: their markers, their trails, and how they move. Markers glide by themselves on the ground, from one fix
 * to the next, and nothing runs in between; only while the map is zoomed they are put at their places in each of its frames.
 */
export class People {
  private readonly all = new Map<string, Person>()
  private frame = 0
  private resting = 0 // frames to go until a map that has moved counts as standing; 0 when it does
  private gathering: ReturnType<typeof setTimeout> | undefined
  private trailsChanged = false
  private readonly calm = matchMedia('(prefers-reduced-motion: reduce)')

  constructor(
    private readonly ground: Ground,
    private readonly onPress: (id: string) => void,
    /** Runs in the next frame that was asked for, and in the one after that if it says so. */
    private readonly onFrame: () => boolean,
    /** Somebody begins to glide. */
    private readonly onGlide: (id: string, plan: Plan, now: number) => void,
  ) {
    document.addEventListener('visibilitychange', this.seen)
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.seen)
    cancelAnimationFrame(this.frame)
    clearTimeout(this.gathering)
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

  get count(): number {
    return this.all.size
  }

  ids(): string[] {
    return [...this.all.keys()]
  }

  /** Where somebody is drawn. */
  where(id: string): LngLat | null {
    const p = this.all.get(id)
    return p ? p.motion.pose(performance.now()).at : null
  }

  /** Where somebody is drawn, and will be. */
  plan(id: string, now: number): Plan | null {
    return this.all.get(id)?.motion.plan(now) ?? null
  }

  /** Where everybody is, by their newest fixes. */
  places(): LngLat[] {
    return [...this.all.values()].map((p) => p.motion.newest.at)
  }

  moved(id: string, fix: Fix, accuracy: number): void {
    const now = performance.now()
    let p = this.all.get(id)
    const known = !!p
    if (p) {
      if (!p.motion.push(fix, now)) return
      if (this.calm.matches || document.hidden) p.motion.settle(now)
    } else {
      const marker = new Marker(() => this.onPress(id))
      this.ground.layer.append(marker.root)
      p = { id, marker, motion: new Motion(fix, now), trail: new Trail(), accuracy, look: null, due: true, x: 0, y: 0, inside: false }
      this.all.set(id, p)
    }
    p.accuracy = accuracy
    this.trailsChanged = p.trail.add(fix.at, fix.time) || this.trailsChanged
    p.due = true
    this.gathering ??= setTimeout(() => this.glideAll(), known ? gather : 0)
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

  /** Asks for a frame. */
  wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(this.run)
  }

  private readonly run = () => {
    this.frame = 0
    const again = this.onFrame()
    if (this.resting > 0 && --this.resting === 0) this.glideAll()
    if (again || this.resting > 0) this.wake()
  }

  /** Puts all markers where they belong now; they glide on when the map stands still, which it may do already. */
  place(stands = false): void {
    const now = performance.now()
    if (stands) {
      for (const p of this.all.values()) this.glide(p, now)
      return
    }
    this.resting = 2
    for (const p of this.all.values()) this.put(p, now)
    this.wake()
  }

  private put(p: Person, now: number): void {
    p.due = true
    const pose = p.motion.pose(now)
    if (!this.appears(p, [this.ground.project(pose.at)], pose.at)) return
    p.marker.move(p.x, p.y)
    p.marker.turn(pose.heading === null ? null : pose.heading - this.ground.bearing())
  }

  private glideAll(): void {
    clearTimeout(this.gathering)
    this.gathering = undefined
    if (this.resting > 0) return
    const now = performance.now()
    for (const p of this.all.values()) if (p.due) this.glide(p, now)
  }

  /** Lets one go the way that is ahead of them. */
  private glide(p: Person, now: number): void {
    p.due = false
    const plan = p.motion.plan(now)
    this.onGlide(p.id, plan, now)
    const way = plan.map((x) => ({ ...this.ground.project(x.at), in: x.in }))
    if (!this.appears(p, way, plan[0]!.at)) return
    p.marker.glide(way, now)
    const heading = p.motion.newest.heading
    p.marker.turn(heading === undefined ? null : heading - this.ground.bearing(), Math.min(600, way.at(-1)!.in / 2))
  }

  /** Shows somebody if they come by the map, with their circle of uncertainty. */
  private appears(p: Person, way: readonly { x: number; y: number }[], at: LngLat): boolean {
    const halo = p.accuracy / metresPerPixel(at[1], this.ground.zoom())
    const reach = margin + Math.min(halo, 400)
    p.inside = way.some((x) => this.ground.sees(x, reach))
    p.marker.visible(p.inside)
    if (!p.inside) return false
    p.x = way[0]!.x
    p.y = way[0]!.y
    p.marker.uncertain(halo)
    return true
  }

  /** Leaves away the names that others would cover: those who matter most keep theirs. */
  declutter(): void {
    const people = [...this.all.values()].filter((p) => p.inside)
    const now = performance.now()
    const widths = new Map(people.map((p) => [p, p.marker.measure()])) // all at once, before any class changes
    for (const p of people) Object.assign(p, this.ground.project(p.motion.pose(now).at))
    const weight = (p: Person) => (p.look?.sos ? 8 : 0) + (p.look?.selected ? 4 : 0) + (p.look?.me ? 2 : 0)
    people.sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1))
    const taken: { left: number; right: number; top: number; bottom: number }[] = people.map((p) => ({ left: p.x - 14, right: p.x + 14, top: p.y - 14, bottom: p.y + 14 }))
    people.forEach((p, i) => {
      const half = widths.get(p)! / 2
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
