import { AttributionControl, Map as GlMap, ScaleControl, setWorkerUrl, type GeoJSONSource, type PaddingOptions } from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'

import { Base } from './base'
import { Camera } from './camera'
import { escape } from './config'
import { Corners, type CornerActions } from './corners'
import { Drift, margin } from './drift'
import { bounds, distance, metresPerPixel, place, type LngLat } from './geo'
import { Ground } from './ground'
import { areaFeatures, lineFeature, routeFeatures, topOf, wayOf } from './line'
import type { Look } from './marker'
import type { Fix } from './motion'
import { People } from './people'
import { Pins, type Pin } from './pins'
import { sources } from './style'
import type { Overlays, Theme } from './types'

setWorkerUrl(workerUrl)

export interface EngineOptions {
  container: HTMLElement
  /** The part of the container that nothing covers. */
  frame: HTMLElement
  /** What the map is called for those who do not see it. */
  label: string
  theme: Theme
  onPress: (userId: string) => void
  onTap: (lat: number, lng: number) => void
  /** What is done to the corners of the shape, if there is one; see setShape. */
  onCorners?: CornerActions
}

const chores = 500 // ms between the things that need not be done in each frame
const trailsEvery = 1000 // ms, at least, between two states of the trails
const trailsEach = 40 // ms more for each member
const leadStep = 12 // pixels of a member's way after which the line from them is drawn anew
const nothing = { type: 'FeatureCollection' as const, features: [] }

/** The library's scale lays the page out anew in each frame of a move; what it says changes with the zoom, and little else. */
class Scale extends ScaleControl {
  override onAdd(map: GlMap): HTMLElement {
    const box = super.onAdd(map)
    map.off('move', this._onMove)
    for (const when of ['zoom', 'idle'] as const) map.on(when, this._onMove)
    return box
  }
}

/** The map itself: what is below, what the room draws on it, and who is where. */
export class Engine {
  readonly camera: Camera
  readonly people: People
  private readonly map: GlMap
  private readonly base: Base
  private readonly pins: Pins
  private readonly corners: Corners | null
  private readonly timer: ReturnType<typeof setInterval>
  private readonly resize: ResizeObserver
  private attribution: AttributionControl
  private overlays: Overlays = {}
  private fixed: readonly Pin[] = []
  private way: LngLat[] = []
  private share = 0
  private shareDrawn = 0
  private trailsDrawn = -Infinity // when
  private leadDrawn = ''
  private leadFrom: LngLat = [0, 0]
  private lead: { from: string; to: LngLat; color: string } | null = null
  private padding: PaddingOptions = { top: 0, bottom: 0, left: 0, right: 0 }

  constructor(private readonly options: EngineOptions) {
    const { container } = options
    this.map = new GlMap({
      container,
      center: [10, 30],
      zoom: 1.2,
      maxZoom: 19,
      maxPitch: 0, // circles of uncertainty stay circles
      attributionControl: false,
      fadeDuration: 150,
      style: { version: 8, sources: {}, layers: [] },
      locale: { 'Map.Title': options.label },
    })
    this.attribution = new AttributionControl({ compact: true })
    this.map.addControl(this.attribution, 'bottom-right')
    this.map.addControl(new Scale({ maxWidth: 90 }), 'bottom-left')
    this.map.touchZoomRotate.disableRotation()
    this.map.dragRotate.disable()
    this.map.keyboard.disableRotation()
    const ground = new Ground(this.map)
    this.pins = new Pins(ground)
    this.corners = options.onCorners ? new Corners(this.map, ground, options.onCorners) : null
    this.camera = new Camera({
      map: this.map,
      drift: new Drift(this.map.getCanvasContainer()),
      padding: () => this.padding,
      plan: (id, now) => this.people.plan(id, now),
      widen: (wide) => this.widen(wide),
    })
    this.people = new People(ground, options.onPress, () => this.camera.step(), (id, plan, now) => this.camera.goes(id, plan, now))
    this.base = new Base(this.map, options.theme, () => this.drawAll(), (text) => this.name(text))
    this.map.on('render', () => {
      if (!ground.drawn()) return
      this.people.place(this.camera.redrawing)
      this.pins.place()
      this.corners?.place()
    })
    this.map.on('click', (e) => options.onTap(e.lngLat.lat, e.lngLat.wrap().lng))
    this.resize = new ResizeObserver(() => this.measure())
    this.resize.observe(options.frame)
    this.resize.observe(container)
    this.measure()
    this.timer = setInterval(() => this.tick(), chores)
  }

  close(): void {
    clearInterval(this.timer)
    this.resize.disconnect()
    this.camera.close()
    this.people.close()
    this.base.close()
    this.map.remove()
  }

  setTheme(theme: Theme): void {
    this.base.set(theme)
  }

  setPins(pins: readonly Pin[]): void {
    this.fixed = pins
    this.drawPins()
  }

  setOverlays(overlays: Overlays): void {
    if (overlays.route !== this.overlays.route) this.way = wayOf(overlays.route)
    this.overlays = overlays
    this.drawOverlays()
    this.drawPins()
  }

  /** A shape whose corners can be moved, and which of them is chosen. */
  setShape(ring: readonly LngLat[], chosen: number | null): void {
    this.setOverlays({ geofences: [{ id: 'shape', name: '', polygon: ring }] })
    this.corners?.set(ring, chosen)
  }

  /** How much of the route is done, by whoever the map is about. */
  setShare(share: number): void {
    this.share = share
  }

  /** A line from a member to where they are going, when there is no route that says it better. */
  setLead(lead: { from: string; to: LngLat; color: string } | null): void {
    this.lead = lead
    this.drawLead()
  }

  moved(id: string, fix: Fix, accuracy: number): void {
    this.people.moved(id, fix, accuracy)
  }

  show(id: string, look: Look): void {
    this.people.show(id, look)
  }

  zoom(by: 1 | -1): void {
    this.camera.still()
    this.map.easeTo({ zoom: this.map.getZoom() + by, padding: this.padding, duration: 250 })
  }

  /** Shows everybody, and where they are going. */
  fitAll(animated = true): void {
    this.camera.set({ at: 'all' })
    this.camera.fit(this.everything(), animated)
  }

  follow(userId: string): void {
    this.camera.follow(userId, this.people.where(userId) ?? this.calledFrom(userId))
    this.people.wake()
  }

  look(at: LngLat, zoom: number): void {
    this.camera.set({ at: 'free' })
    this.camera.still()
    this.map.jumpTo({ center: [...at], zoom: Math.max(zoom, this.map.getZoom()), padding: this.padding })
  }

  /** Shows all of some places. */
  lookAt(places: readonly LngLat[]): void {
    const box = bounds(places)
    if (!box) return
    this.camera.set({ at: 'free' })
    this.camera.still()
    this.map.fitBounds([box.west, box.south, box.east, box.north], { padding: 40, maxZoom: 16, animate: false })
  }

  /** Whether a place is within what is seen. */
  shows(at: LngLat): boolean {
    return this.map.getBounds().contains([...at])
  }

  middle(): { lat: number; lng: number } {
    const { lat, lng } = this.map.getCenter().wrap()
    return { lat, lng }
  }

  private everything(): LngLat[] {
    return [...this.people.places(), ...this.pins.places(), ...this.way.filter((_, i) => i % 10 === 0)]
  }

  private tick(): void {
    if (document.hidden) return
    this.camera.keep(performance.now(), this.everything())
    this.drawTrails()
    this.drawLead()
    this.drawShare()
    this.people.declutter()
    this.camera.rest()
    if (this.camera.aim.peek().at === 'one') this.people.wake()
  }

  /** Each time the map's worker cuts the lines into tiles anew and the map is drawn: the more people, the seldomer. */
  private drawTrails(): void {
    const now = performance.now()
    if (now - this.trailsDrawn < Math.max(trailsEvery, this.people.count * trailsEach)) return
    const trails = this.people.trails()
    if (!trails) return
    this.trailsDrawn = now
    this.put(sources.trails, trails)
  }

  private drawShare(): void {
    if (this.way.length < 2 || Math.abs(this.share - this.shareDrawn) < 0.001) return
    this.drawRoute()
  }

  private drawRoute(): void {
    this.shareDrawn = this.share
    this.put(sources.route, this.way.length > 1 ? routeFeatures(this.way, this.share) : nothing)
  }

  private measure(): void {
    const outer = this.options.container.getBoundingClientRect()
    const inner = this.options.frame.getBoundingClientRect()
    const gap = (n: number) => Math.max(0, Math.round(n))
    this.padding = { top: gap(inner.top - outer.top), bottom: gap(outer.bottom - inner.bottom), left: gap(inner.left - outer.left), right: gap(outer.right - inner.right) }
    this.camera.again()
  }

  private widen(wide: boolean): void {
    const { container } = this.options
    if (container.classList.contains('wide') === wide) return
    container.classList.toggle('wide', wide)
    this.base.margin = wide ? margin : 0
    this.map.resize()
    this.measure()
    this.map.redraw() // at once: a canvas of another size is blank
  }

  private drawAll(): void {
    this.people.redraw()
    this.trailsDrawn = -Infinity
    this.leadDrawn = ''
    this.drawOverlays()
    this.drawLead()
  }

  private drawOverlays(): void {
    this.drawRoute()
    this.put(sources.areas, areaFeatures(this.overlays.geofences ?? []))
  }

  private drawLead(): void {
    const from = this.lead && this.people.where(this.lead.from)
    const line = this.lead && from && this.way.length < 2 ? [lineFeature([from, this.lead.to], { color: this.lead.color })] : []
    // What is given to the map is drawn, be it what is there already. Its beginning lies under the marker.
    const key = line.length > 0 ? `${this.lead!.color} ${this.lead!.to.join()}` : 'none'
    if (key === this.leadDrawn && (!from || this.apart(from, this.leadFrom) < leadStep)) return
    this.leadDrawn = key
    if (from) this.leadFrom = from
    this.put(sources.lead, { type: 'FeatureCollection', features: line })
  }

  /** How far places are from each other, in pixels. */
  private apart(a: LngLat, b: LngLat): number {
    return distance(a, b) / metresPerPixel(a[1], this.map.getZoom())
  }

  private drawPins(): void {
    const areas = (this.overlays.geofences ?? []).slice(0, 50).flatMap((g): Pin[] => {
      const at = topOf(g)
      return at ? [{ id: `area ${g.id}`, kind: 'area', at, text: g.name }] : []
    })
    const meetings = (this.overlays.meetingPoints ?? []).slice(0, 50).map((m): Pin => ({ id: `meeting ${m.id}`, kind: m.chosen ? 'chosen' : 'meeting', at: [m.longitude, m.latitude], text: m.name }))
    const calls = (this.overlays.calls ?? []).flatMap((c): Pin[] => {
      const at = this.people.has(c.userId) ? null : this.calledFrom(c.userId)
      return at ? [{ id: `sos ${c.userId}`, kind: 'sos', at, text: c.userName }] : []
    })
    this.pins.set([...areas, ...meetings, ...this.fixed, ...calls])
  }

  /** Where somebody was when they called for help. */
  private calledFrom(userId: string): LngLat | null {
    const call = this.overlays.calls?.find((c) => c.userId === userId)
    return call ? place(call.latitude, call.longitude) : null
  }

  private put(source: string, data: GeoJSON.FeatureCollection): void {
    void this.map.getSource<GeoJSONSource>(source)?.setData(data)
  }

  private name(text: string): void {
    this.map.removeControl(this.attribution)
    this.attribution = new AttributionControl({ compact: true, customAttribution: escape(text) })
    this.map.addControl(this.attribution, 'bottom-right')
  }
}
