import { signal } from '@preact/signals'
import type { Map as GlMap, PaddingOptions } from 'maplibre-gl'

import { bounds, near, type LngLat } from './geo'

/** Whom the map shows: everybody, one member, or what the reader has turned it to. */
export type Aim = { at: 'all' } | { at: 'one'; userId: string } | { at: 'free' }

const close = 15.5 // zoom beyond which fitting does not go
const followFrom = 12.5 // zoom from which one sees somebody move
const settle = 160 // ms, in which most of the way to a followed member is made up for
const there = 2e-8 // degrees, two millimetres: nearer than this the map stays where it is
const fly = 700 // ms
const refit = 2000 // ms

/** Keeps the map on what it is to show, until the reader moves it. */
export class Camera {
  readonly aim = signal<Aim>({ at: 'all' })
  private busyUntil = 0
  private lastFrame = 0
  private lastFit = 0
  private fitted = false

  constructor(private readonly map: GlMap, private readonly padding: () => PaddingOptions) {
    const leave = (e: { originalEvent?: unknown }) => {
      if (e.originalEvent) this.let()
    }
    map.on('dragstart', leave)
    map.on('rotatestart', leave)
    // A zoom by hand ends "everybody", and not following: one zooms around whom one follows.
    map.on('zoomstart', (e) => {
      if (e.originalEvent && this.aim.peek().at === 'all') this.let()
    })
    map.getCanvas().addEventListener('keydown', (e) => {
      if (e.key.startsWith('Arrow')) this.let()
    })
  }

  private let(): void {
    if (this.aim.peek().at !== 'free') this.set({ at: 'free' })
  }

  set(aim: Aim): void {
    this.aim.value = aim
    const around = aim.at === 'one' ? ({ around: 'center' } as const) : undefined
    for (const zoom of [this.map.scrollZoom, this.map.touchZoomRotate]) {
      zoom.disable()
      zoom.enable(around)
    }
  }

  /** Goes to somebody and stays with them. */
  follow(userId: string, at: LngLat | null): void {
    this.set({ at: 'one', userId })
    if (!at) return
    this.go({ center: [...at], zoom: Math.max(this.map.getZoom(), followFrom + 1.5) })
  }

  private go(to: { center: [number, number]; zoom: number }): void {
    this.busyUntil = performance.now() + fly
    this.map.easeTo({ ...to, padding: this.padding(), duration: fly })
  }

  /** Shows all places. */
  fit(places: readonly LngLat[], animated = true): void {
    const box = bounds(places)
    if (!box) return
    this.lastFit = performance.now()
    this.fitted = true
    const padding = this.padding()
    const { clientWidth: w, clientHeight: h } = this.map.getContainer()
    const room = { top: 60, bottom: 56, left: 60, right: 96 } // for what markers show around their places, and for the controls
    const tight = w - padding.left! - padding.right! < 260 || h - padding.top! - padding.bottom! < 220
    const pad = tight ? padding : { top: padding.top! + room.top, bottom: padding.bottom! + room.bottom, left: padding.left! + room.left, right: padding.right! + room.right }
    this.map.setPadding({ top: 0, bottom: 0, left: 0, right: 0 })
    this.busyUntil = animated ? this.lastFit + fly : 0
    this.map.fitBounds([box.west, box.south, box.east, box.north], { padding: pad, maxZoom: close, duration: animated ? fly : 0, bearing: this.map.getBearing() })
  }

  /** In a frame after somebody has moved. Returns whether there is something to do in the next one, too. */
  step(now: number, where: (userId: string) => LngLat | null): boolean {
    const passed = Math.min(100, now - this.lastFrame)
    this.lastFrame = now
    const aim = this.aim.peek()
    if (aim.at !== 'one') return false
    if (now < this.busyUntil || this.map.isZooming() || this.map.isRotating()) return true
    const to = where(aim.userId)
    if (!to) return false
    const from = this.map.getCenter()
    const share = 1 - Math.exp(-passed / settle)
    const lng = near(from.lng, to[0])
    if (Math.abs(lng - from.lng) < there && Math.abs(to[1] - from.lat) < there) return false
    this.map.jumpTo({ center: [from.lng + (lng - from.lng) * share, from.lat + (to[1] - from.lat) * share], padding: this.padding() })
    return true
  }

  /** From time to time: brings back into view who has left it, while everybody is to be seen. */
  keep(now: number, places: readonly LngLat[]): void {
    if (this.aim.peek().at !== 'all' || places.length === 0 || now < this.busyUntil) return
    if (!this.fitted) return this.fit(places, false)
    if (now - this.lastFit < refit || this.map.isMoving()) return
    const p = this.padding()
    const { clientWidth: w, clientHeight: h } = this.map.getContainer()
    const points = places.map((at) => this.map.project([near(this.map.getCenter().lng, at[0]), at[1]]))
    const out = points.some(({ x, y }) => x < p.left! + 16 || y < p.top! + 16 || x > w - p.right! - 16 || y > h - p.bottom! - 16)
    const spread = Math.max(...points.map((q) => q.x)) - Math.min(...points.map((q) => q.x)) + Math.max(...points.map((q) => q.y)) - Math.min(...points.map((q) => q.y))
    const tiny = points.length > 1 && this.map.getZoom() < close - 0.5 && spread < Math.min(w - p.left! - p.right!, h - p.top! - p.bottom!) * 0.35
    if (out || tiny) this.fit(places)
  }
}
