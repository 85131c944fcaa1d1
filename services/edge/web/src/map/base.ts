import type { StyleSpecification } from '@maplibre/maplibre-gl-style-spec'
import type { GeoJSONSource, Map as GlMap } from 'maplibre-gl'

import { mapConfig, type MapConfig } from './config'
import { graticule } from './graticule'
import fine from './outline/world-fine.json?url'
import coarse from './outline/world.json?url'
import { outlineStyle, roomLayers, roomSources, sources } from './style'
import type { Theme } from './types'

const patience = 6000 // ms for a style to come, and then for anything that it draws
const controls = 34 // pixels at the lower edge that the scale and the makers' names take
const again = 30_000 // ms after which a style that did not come is asked for again
const muchLater = 300_000 // ms, if it came and had nothing to draw: trying takes the outline away for a while
const fineFrom = 4.5 // zoom
const refineEvery = 700 // ms
const ours = new Set<string>(Object.values(sources))
const nothing = { type: 'FeatureCollection' as const, features: [] }
const absolute = (url: string) => new URL(url, location.href).href // the map's worker has another base

/** What lies beneath: the operator's style, or the outline of the world when there is none, or when it does not come. */
export class Base {
  /** Pixels on each side by which the map is larger than what is seen of it. */
  margin = 0
  private config: MapConfig = {}
  private outlined = false
  private styled = false
  private fineLoaded = false
  private theme: Theme
  private timer: ReturnType<typeof setTimeout> | undefined
  private refining: ReturnType<typeof setTimeout> | undefined
  private refined = -Infinity // when
  private asked = ''
  private drawn = false // something of the operator's map has come

  constructor(
    private readonly map: GlMap,
    theme: Theme,
    /** The layers of the room are there, and empty. */
    private readonly onReady: () => void,
    onAttribution: (text: string) => void,
  ) {
    this.theme = theme
    map.on('style.load', () => this.ready())
    // A map that follows somebody ends a move with each frame.
    map.on('moveend', () => (this.refining ??= setTimeout(() => this.refine(), performance.now() - this.refined < refineEvery ? refineEvery : 0)))
    map.on('sourcedata', (e) => {
      if (e.tile && !this.outlined && !ours.has(e.sourceId)) this.drawn = true
    })
    // With a listener the library writes nothing into the console: the addresses of tiles say where one is.
    map.on('error', () => {
      if (!this.outlined && !this.styled) this.outline()
    })
    this.outline()
    void mapConfig().then((c) => {
      this.config = c
      if (c.attribution) onAttribution(c.attribution)
      if (this.url()) this.dress()
    })
  }

  close(): void {
    clearTimeout(this.timer)
    clearTimeout(this.refining)
  }

  set(theme: Theme): void {
    if (theme === this.theme) return
    this.theme = theme
    this.dress()
  }

  private url(): string {
    return (this.theme === 'dark' && this.config.darkStyleUrl) || this.config.styleUrl || ''
  }

  private dress(): void {
    const url = this.url()
    if (!url) return this.outline()
    if (url === this.asked && !this.outlined) return this.again()
    this.asked = url
    void this.fetchStyle(url)
  }

  /** The style is fetched here, so that the outline stays until it is there. */
  private async fetchStyle(url: string): Promise<void> {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(patience) })
      if (!response.ok) throw new Error(`status ${response.status}`)
      const style = (await response.json()) as StyleSpecification
      if (url !== this.asked) return
      this.outlined = this.styled = false
      this.drawn = Object.keys(style.sources).length === 0 // then there is nothing to wait for
      this.map.setStyle(style, { diff: false })
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.drawn || this.giveUp(url, muchLater), patience)
    } catch {
      this.giveUp(url, again)
    }
  }

  /** The outline stays, or comes back, while a server does not answer. */
  private giveUp(url: string, retry: number): void {
    if (url !== this.asked) return
    if (!this.outlined) this.outline()
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.outlined && this.dress(), retry)
  }

  private outline(): void {
    this.outlined = true
    this.fineLoaded = this.map.getZoom() >= fineFrom
    this.map.setStyle(outlineStyle(this.theme, absolute(this.fineLoaded ? fine : coarse)), { diff: false })
  }

  private ready(): void {
    this.styled = true
    for (const id of roomSources) if (!this.map.getSource(id)) this.map.addSource(id, { type: 'geojson', data: nothing })
    for (const layer of roomLayers(this.theme)) if (!this.map.getLayer(layer.id)) this.map.addLayer(layer)
    this.refine()
    this.onReady()
  }

  /** The room's layers in the colours of another theme, on the same style. */
  private again(): void {
    for (const layer of roomLayers(this.theme)) if (this.map.getLayer(layer.id)) this.map.removeLayer(layer.id)
    this.ready()
  }

  /** More detail and finer lines, where the reader looks closer. */
  private refine(): void {
    clearTimeout(this.refining)
    this.refining = undefined
    this.refined = performance.now()
    if (!this.outlined) return
    const zoom = this.map.getZoom()
    if (zoom >= fineFrom && !this.fineLoaded) {
      this.fineLoaded = true
      this.map.getSource<GeoJSONSource>(sources.world)?.setData(absolute(fine))
    }
    const { clientWidth, clientHeight } = this.map.getContainer()
    const low = this.map.unproject([this.margin, clientHeight - this.margin])
    const high = this.map.unproject([clientWidth - this.margin, this.margin])
    const foot = this.map.unproject([this.margin, clientHeight - this.margin - controls]).lat
    const grid = zoom < 2 ? nothing : graticule({ west: low.lng, south: low.lat, east: high.lng, north: high.lat }, zoom, foot)
    void this.map.getSource<GeoJSONSource>(sources.grid)?.setData(grid)
  }
}
