import type { Map as GlMap } from 'maplibre-gl'

import { el, moveTo } from './dom'
import { near, type LngLat } from './geo'

const slack = 200 // pixels by which the map may be pushed before everything on it is placed anew

/**
 * What lies on the map as elements of the page. As long as the map is only pushed about, all of it is shifted at once, and what
 * lies on it neither knows nor is touched; when it is zoomed, each element needs another place.
 */
export class Ground {
  /** Whatever lies on the map. */
  readonly layer = el('div', 'wm-ground')
  private readonly size = { width: 0, height: 0 }
  private stale = true
  private origin: LngLat = [0, 0] // the middle of the map when all was placed
  private originAt = { x: 0, y: 0 }
  private offset = { x: 0, y: 0 }

  constructor(private readonly map: GlMap) {
    const frame = el('div', 'wm-layer', this.layer)
    frame.setAttribute('aria-hidden', 'true')
    map.getCanvasContainer().append(frame)
    for (const what of ['zoom', 'rotate', 'resize'] as const) map.on(what, () => (this.stale = true))
    map.on('resize', () => this.measure())
    this.measure()
  }

  private measure(): void {
    const { clientWidth, clientHeight } = this.map.getContainer()
    this.size.width = clientWidth
    this.size.height = clientHeight
  }

  /** The map was drawn. Returns whether everything is to be placed anew. */
  drawn(): boolean {
    const now = this.onScreen(this.origin)
    const by = { x: now.x - this.originAt.x, y: now.y - this.originAt.y }
    if (this.stale || Math.abs(by.x) > slack || Math.abs(by.y) > slack) {
      this.settle()
      return true
    }
    this.shift(by)
    return false
  }

  private settle(): void {
    const { lng, lat } = this.map.getCenter()
    this.stale = false
    this.origin = [lng, lat]
    this.originAt = this.map.project([lng, lat])
    this.shift({ x: 0, y: 0 })
  }

  private shift(by: { x: number; y: number }): void {
    if (by.x === this.offset.x && by.y === this.offset.y) return
    this.offset = by
    moveTo(this.layer, by.x, by.y)
  }

  /** Where a place is on the ground, in pixels, however far the map was pushed meanwhile. */
  project(at: LngLat): { x: number; y: number } {
    const { x, y } = this.onScreen(at)
    const now = this.onScreen(this.origin)
    return { x: x - now.x + this.originAt.x, y: y - now.y + this.originAt.y }
  }

  private onScreen(at: LngLat): { x: number; y: number } {
    return this.map.project([near(this.map.getCenter().lng, at[0]), at[1]])
  }

  /** Whether something there, which reaches so many pixels around it, is seen, or soon can be. */
  sees({ x, y }: { x: number; y: number }, reach: number): boolean {
    const r = reach + slack
    const [sx, sy] = [x + this.offset.x, y + this.offset.y]
    return sx > -r && sy > -r && sx < this.size.width + r && sy < this.size.height + r
  }

  zoom = (): number => this.map.getZoom()
  /** Degrees that the map is turned. */
  bearing = (): number => this.map.getBearing()
}
