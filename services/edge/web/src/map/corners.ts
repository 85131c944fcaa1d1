import type { Map as GlMap } from 'maplibre-gl'

import { el, moveTo } from './dom'
import { between, distance, near, type LngLat } from './geo'
import type { Ground } from './ground'

const still = 4 // pixels: a hand that moves less has pressed

/** What is done to the corners of a shape. */
export interface CornerActions {
  move(i: number, to: LngLat): void
  /** A corner more, before the one that is number i now. */
  add(i: number, at: LngLat): void
  press(i: number): void
}

/** The corners of a shape on the map, to be dragged; what is between two of them becomes a corner when it is dragged or pressed. */
export class Corners {
  private ring: readonly LngLat[] = []
  private readonly corners: HTMLElement[] = []
  private readonly middles: HTMLElement[] = []

  constructor(private readonly map: GlMap, private readonly ground: Ground, private readonly on: CornerActions) {}

  set(ring: readonly LngLat[], chosen: number | null): void {
    this.ring = ring
    this.keep(this.middles, ring.length > 2 ? ring.length : 0, 'wm-corner middle')
    this.keep(this.corners, ring.length, 'wm-corner')
    this.corners.forEach((e, i) => e.classList.toggle('chosen', i === chosen))
    this.place()
  }

  /** Puts all where they belong. */
  place(): void {
    const put = (e: HTMLElement, at: LngLat) => {
      const { x, y } = this.ground.project(at)
      moveTo(e, x, y)
    }
    this.corners.forEach((e, i) => put(e, this.ring[i]!))
    this.middles.forEach((e, i) => put(e, this.middle(i)))
  }

  private middle = (i: number): LngLat => between(this.ring[i]!, this.ring[(i + 1) % this.ring.length]!, 0.5)

  /** As many as there must be: one under a finger stays itself. */
  private keep(all: HTMLElement[], n: number, kind: string): void {
    while (all.length > n) all.pop()!.remove()
    while (all.length < n) {
      const e = el('span', kind)
      this.listen(e, all.length, all === this.middles)
      all.push(e)
      this.ground.layer.append(e)
    }
  }

  private listen(e: HTMLElement, i: number, middle: boolean): void {
    let held: { x: number; y: number } | null = null // where it was taken
    let moved = false
    const here = (x: PointerEvent): LngLat => {
      const box = this.map.getContainer().getBoundingClientRect()
      const { lng, lat } = this.map.unproject([x.clientX - box.left, x.clientY - box.top]).wrap()
      return [lng, lat]
    }
    // The map is not to move under it.
    for (const type of ['mousedown', 'touchstart', 'click', 'dblclick'] as const) e.addEventListener(type, (x) => x.stopPropagation())
    e.addEventListener('pointerdown', (x) => {
      e.setPointerCapture(x.pointerId)
      held = { x: x.clientX, y: x.clientY }
      moved = false
    })
    e.addEventListener('pointermove', (x) => {
      if (!held || (!moved && Math.hypot(x.clientX - held.x, x.clientY - held.y) < still)) return
      if (middle && !moved) this.on.add(i + 1, here(x))
      else this.on.move(middle ? i + 1 : i, here(x))
      moved = true
    })
    e.addEventListener('pointerup', () => {
      if (held && !moved) {
        if (middle) this.on.add(i + 1, this.middle(i))
        else this.on.press(i)
      }
      held = null
    })
    e.addEventListener('pointercancel', () => (held = null))
  }
}

/** Before which corner a place becomes one with the least detour; at the end, as long as there is no shape. */
export function cornerFor(ring: readonly LngLat[], at: LngLat): number {
  if (ring.length < 3) return ring.length
  const detours = ring.map((a, i) => {
    const b = ring[(i + 1) % ring.length]!
    return distance(a, at) + distance(at, b) - distance(a, b)
  })
  return detours.indexOf(Math.min(...detours)) + 1
}

/** Whether two lines of a shape cross, so that nobody knows what is inside. */
export function crosses(ring: readonly LngLat[]): boolean {
  const side = (p: LngLat, q: LngLat, r: LngLat) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))
  const corner = (i: number): LngLat => [near(ring[0]![0], ring[i]![0]), ring[i]![1]]
  const line = (i: number) => [corner(i), corner((i + 1) % ring.length)] as const
  for (let i = 0; i < ring.length; i++) {
    for (let j = i + 2; j < ring.length; j++) {
      if ((j + 1) % ring.length === i) continue // neighbours have a corner in common
      const [[a, b], [c, d]] = [line(i), line(j)]
      if (side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)) return true
    }
  }
  return false
}
