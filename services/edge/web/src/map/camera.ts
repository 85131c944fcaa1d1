import { signal } from '@preact/signals'
import type { Map as GlMap, PaddingOptions } from 'maplibre-gl'

import { margin, within, type Drift, type Step } from './drift'
import { bounds, near, type LngLat } from './geo'

/** Whom the map shows: everybody, one member, or what the reader has turned it to. */
export type Aim = { at: 'all' } | { at: 'one'; userId: string } | { at: 'free' }

const close = 15.5 // zoom beyond which fitting does not go
const followFrom = 12.5 // zoom from which one sees somebody move
const settle = 300 // ms, in which the map comes to a followed member who stands
const there = 1 // pixels: nearer than this the map stays where it is
const lead = 0.8 * margin // pixels by which the map is drawn ahead of whom it follows; who is farther away is not glided to
const late = 150 // ms by which a timer may be late without the edge of the drawn map coming into sight
const begin = 100 // ms after a key or a wheel, in which the library begins to zoom
const fly = 700 // ms
const refit = 2000 // ms

/** Where somebody will be, in how many ms from now. */
export type Plan = readonly { in: number; at: LngLat }[]

/** What of a map the camera moves. */
export interface Stage {
  map: GlMap
  /** The map as it was drawn. */
  drift: Drift
  /** What of the map is covered. */
  padding: () => PaddingOptions
  /** Where somebody is, and goes. */
  plan: (userId: string, now: number) => Plan | null
  /** Makes the drawn map larger than what is seen of it, or not any more. */
  widen: (wide: boolean) => void
}

/**
 * Keeps the map on what it is to show, until the reader moves it. To follow somebody the map is not drawn in each frame: it is
 * larger than what one sees of it, goes by as a picture, at the pace of who is followed, and is drawn anew before its edge is seen.
 */
export class Camera {
  readonly aim = signal<Aim>({ at: 'all' })
  /** Whether the map is drawn elsewhere just now, without anybody seeing a difference. */
  redrawing = false
  private busyUntil = 0
  private lastFit = 0
  private fitted = false
  private readonly held = new Set<number>() // pointers on the map
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly map: GlMap

  constructor(private readonly stage: Stage) {
    const map = (this.map = stage.map)
    this.watch()
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

  close(): void {
    clearTimeout(this.timer)
    for (const what of ['pointerup', 'pointercancel'] as const) removeEventListener(what, this.release, true)
  }

  /** Whoever touches the map finds it where they see it: the library knows nothing of pictures. */
  private watch(): void {
    const box = this.map.getContainer()
    const still = () => {
      this.still()
      this.busyUntil = Math.max(this.busyUntil, performance.now() + begin)
    }
    for (const what of ['wheel', 'keydown', 'dblclick'] as const) box.addEventListener(what, still, { capture: true, passive: true })
    box.addEventListener('pointerdown', (e) => {
      this.held.add(e.pointerId)
      this.still()
    }, true)
    for (const what of ['pointerup', 'pointercancel'] as const) addEventListener(what, this.release, true)
  }

  private readonly release = (e: PointerEvent) => {
    this.held.delete(e.pointerId)
    this.busyUntil = Math.max(this.busyUntil, performance.now() + begin)
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
    this.still()
    this.busyUntil = performance.now() + fly
    this.stage.widen(true)
    this.map.easeTo({ ...to, padding: this.stage.padding(), duration: fly })
  }

  /** Makes of the picture a map again, which may be moved in other ways. */
  still(): void {
    clearTimeout(this.timer)
    const { x, y } = this.stage.drift.at(performance.now())
    if (x === 0 && y === 0) return this.stage.drift.put({ x, y })
    this.draw(Math.round(x), Math.round(y), { x: 0, y: 0 })
  }

  /** Draws the map as if it were pushed by so many pixels, and puts the picture where nobody sees that. */
  private draw(x: number, y: number, left: { x: number; y: number }): void {
    const home = this.map.project(this.map.getCenter())
    this.redraw(this.map.unproject([home.x - x, home.y - y]).toArray(), left)
  }

  private redraw(center: [number, number], left: { x: number; y: number }): void {
    this.redrawing = true
    this.map.jumpTo({ center })
    this.stage.drift.put(left)
    this.map.redraw()
    this.redrawing = false
  }

  private free(now: number): boolean {
    return this.held.size === 0 && now >= this.busyUntil && !this.map.isZooming() && !this.map.isRotating()
  }

  /** Somebody goes another way now than it was known before. */
  goes(userId: string, plan: Plan, now: number): void {
    const aim = this.aim.peek()
    if (!this.redrawing && aim.at === 'one' && aim.userId === userId && this.free(now)) this.chase(plan, now)
  }

  /** Keeps somebody in the middle. */
  private chase(plan: Plan, now: number): void {
    const { drift, padding } = this.stage
    clearTimeout(this.timer)
    this.stage.widen(true)
    if (!sameEdges(this.map.getPadding(), padding())) return this.reframe(plan[0]!.at)
    let way = this.seen(plan)
    let from = drift.at(now)
    if (Math.hypot(way[0]!.x - from.x, way[0]!.y - from.y) > lead) {
      this.redraw([...plan[0]!.at], { x: 0, y: 0 })
      way = this.seen(plan)
      from = { x: 0, y: 0 }
    }
    const leaves = within(way, margin - 8)
    const end = way.at(-1)!
    if (leaves < 2 * late) {
      const ahead = (by: number) => Math.max(-lead, Math.min(lead, by))
      const by = { x: Math.round(from.x + ahead(end.x - from.x)), y: Math.round(from.y + ahead(end.y - from.y)) }
      from = { x: from.x - by.x, y: from.y - by.y }
      this.draw(by.x, by.y, from)
      way = this.seen(plan)
    }
    if (way.length === 1 && Math.hypot(end.x - from.x, end.y - from.y) < there) return
    const goes: Step[] = [{ ...from, in: 0 }, ...(way.length === 1 ? [{ ...end, in: settle }] : way.slice(1))]
    drift.go(goes, now)
    const again = within(goes, margin - 8) - late
    if (again < Infinity) this.timer = setTimeout(() => this.again(), Math.max(late, again))
  }

  /** What covers the map has changed: the middle is elsewhere. */
  private reframe(at: LngLat): void {
    this.still()
    this.busyUntil = performance.now() + settle
    this.map.easeTo({ center: [...at], padding: this.stage.padding(), duration: settle })
  }

  /** The way of the picture, if somebody is to stay in the middle. */
  private seen(plan: Plan): Step[] {
    const center = this.map.getCenter()
    const home = this.map.project(center)
    return plan.map((s) => {
      const p = this.map.project([near(center.lng, s.at[0]), s.at[1]])
      return { x: home.x - p.x, y: home.y - p.y, in: s.in }
    })
  }

  /** Goes after whom the map follows. Returns whether it has to wait for that. */
  again(): boolean {
    const aim = this.aim.peek()
    const now = performance.now()
    if (aim.at !== 'one') return false
    if (!this.free(now)) return true
    const plan = this.stage.plan(aim.userId, now)
    if (plan) this.chase(plan, now)
    return false
  }

  /** Shows all places. */
  fit(places: readonly LngLat[], animated = true): void {
    const box = bounds(places)
    if (!box) return
    this.still()
    this.lastFit = performance.now()
    this.fitted = true
    const padding = this.stage.padding()
    const { clientWidth: w, clientHeight: h } = this.map.getContainer()
    const room = { top: 60, bottom: 56, left: 60, right: 96 } // for what markers show around their places, and for the controls
    const tight = w - padding.left! - padding.right! < 260 || h - padding.top! - padding.bottom! < 220
    const pad = tight ? padding : { top: padding.top! + room.top, bottom: padding.bottom! + room.bottom, left: padding.left! + room.left, right: padding.right! + room.right }
    this.map.setPadding({ top: 0, bottom: 0, left: 0, right: 0 })
    this.busyUntil = animated ? this.lastFit + fly : 0
    this.map.fitBounds([box.west, box.south, box.east, box.north], { padding: pad, maxZoom: close, duration: animated ? fly : 0, bearing: this.map.getBearing() })
  }

  /** In a frame that somebody has asked for. Returns whether there is something to do in the next one, too. */
  step(): boolean {
    return !this.stage.drift.moves(performance.now()) && this.again()
  }

  /** From time to time: the map is as large as what is seen of it when nobody is followed, and no hand is on it. */
  rest(): void {
    if (this.aim.peek().at !== 'one' && this.held.size === 0 && !this.map.isMoving()) this.stage.widen(false)
  }

  /** From time to time: brings back into view who has left it, while everybody is to be seen. */
  keep(now: number, places: readonly LngLat[]): void {
    if (this.aim.peek().at !== 'all' || places.length === 0 || now < this.busyUntil) return
    if (!this.fitted) return this.fit(places, false)
    if (now - this.lastFit < refit || this.map.isMoving()) return
    const p = this.stage.padding()
    const { clientWidth: w, clientHeight: h } = this.map.getContainer()
    const points = places.map((at) => this.map.project([near(this.map.getCenter().lng, at[0]), at[1]]))
    const out = points.some(({ x, y }) => x < p.left! + 16 || y < p.top! + 16 || x > w - p.right! - 16 || y > h - p.bottom! - 16)
    const spread = Math.max(...points.map((q) => q.x)) - Math.min(...points.map((q) => q.x)) + Math.max(...points.map((q) => q.y)) - Math.min(...points.map((q) => q.y))
    const tiny = points.length > 1 && this.map.getZoom() < close - 0.5 && spread < Math.min(w - p.left! - p.right!, h - p.top! - p.bottom!) * 0.35
    if (out || tiny) this.fit(places)
  }
}

const sameEdges = (a: PaddingOptions, b: PaddingOptions) => (['top', 'bottom', 'left', 'right'] as const).every((k) => Math.abs((a[k] ?? 0) - (b[k] ?? 0)) < 1)
