import type { LayerSpecification, StyleSpecification } from '@maplibre/maplibre-gl-style-spec'

import type { Theme } from './types'

/** Colours of the outline and of what is drawn on any map. */
export const colors = {
  light: { water: '#cfe2e6', land: '#f4f6f1', coast: '#9db7b9', border: '#b9aebd', grid: '#b4c5c3', gridText: '#5d716d', way: '#0a6b5b', wayCase: '#ffffff', wayLeft: '#7fa89f', area: '#8a5200', text: '#33443e' },
  dark: { water: '#0d1a1e', land: '#1a2522', coast: '#3d5557', border: '#4c4655', grid: '#2c3f3d', gridText: '#8ba39d', way: '#62d9bf', wayCase: '#08110e', wayLeft: '#3f7d71', area: '#f2b861', text: '#d3dfdb' },
} as const

/** Fonts of the reader's machine: no server of glyphs is asked. */
const font = ['Figtree Variable', 'Figtree', 'system-ui', 'sans-serif']

export const sources = { world: 'wm-world', grid: 'wm-grid', areas: 'wm-areas', route: 'wm-route', trails: 'wm-trails', lead: 'wm-lead' } as const

const nothing = { type: 'FeatureCollection' as const, features: [] }

/** A map from the bundled outline alone. */
export function outlineStyle(theme: Theme, world: string): StyleSpecification {
  const c = colors[theme]
  return {
    version: 8,
    sources: {
      [sources.world]: { type: 'geojson', data: world, attribution: '<a href="https://www.naturalearthdata.com/" target="_blank" rel="noopener noreferrer">Natural Earth</a>', tolerance: 0.5, maxzoom: 10 },
      [sources.grid]: { type: 'geojson', data: nothing },
    },
    layers: [
      { id: 'wm-water', type: 'background', paint: { 'background-color': c.water } },
      { id: 'wm-land', type: 'fill', source: sources.world, filter: ['==', ['get', 'kind'], 'land'], paint: { 'fill-color': c.land } },
      { id: 'wm-coast', type: 'line', source: sources.world, filter: ['==', ['get', 'kind'], 'land'], paint: { 'line-color': c.coast, 'line-width': ['interpolate', ['linear'], ['zoom'], 2, 0.6, 10, 1.6] } },
      { id: 'wm-border', type: 'line', source: sources.world, filter: ['==', ['get', 'kind'], 'border'], paint: { 'line-color': c.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 2, 0.6, 10, 1.8], 'line-dasharray': [4, 2] } },
      { id: 'wm-grid', type: 'line', source: sources.grid, filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-color': c.grid, 'line-width': ['case', ['get', 'main'], 1.2, 0.7], 'line-opacity': 0.8 } },
      {
        id: 'wm-grid-text',
        type: 'symbol',
        source: sources.grid,
        filter: ['==', ['geometry-type'], 'Point'],
        layout: { 'text-field': ['get', 'text'], 'text-font': font, 'text-size': 11, 'text-anchor': ['get', 'anchor'], 'text-offset': [0.3, -0.3], 'text-allow-overlap': false },
        paint: { 'text-color': c.gridText, 'text-halo-color': c.land, 'text-halo-width': 1.2 },
      },
    ],
  }
}

/** What the room draws on whatever map lies beneath. */
export function roomLayers(theme: Theme): LayerSpecification[] {
  const c = colors[theme]
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const
  const width = (thin: number, thick: number) => ['interpolate', ['linear'], ['zoom'], 6, thin, 16, thick] as ['interpolate', ['linear'], ['zoom'], number, number, number, number]
  return [
    { id: 'wm-area', type: 'fill', source: sources.areas, paint: { 'fill-color': c.area, 'fill-opacity': 0.12 } },
    { id: 'wm-area-edge', type: 'line', source: sources.areas, paint: { 'line-color': c.area, 'line-width': 1.5, 'line-dasharray': [3, 2] } },
    { id: 'wm-route-case', type: 'line', source: sources.route, layout: round, paint: { 'line-color': c.wayCase, 'line-width': width(5, 10), 'line-opacity': 0.9 } },
    { id: 'wm-route-left', type: 'line', source: sources.route, layout: round, filter: ['!', ['get', 'done']], paint: { 'line-color': c.way, 'line-width': width(3, 6) } },
    { id: 'wm-route-done', type: 'line', source: sources.route, layout: round, filter: ['get', 'done'], paint: { 'line-color': c.wayLeft, 'line-width': width(3, 6) } },
    { id: 'wm-lead', type: 'line', source: sources.lead, layout: round, paint: { 'line-color': ['get', 'color'], 'line-width': 2, 'line-dasharray': [0.2, 2.4], 'line-opacity': 0.9 } },
    { id: 'wm-trail-case', type: 'line', source: sources.trails, layout: round, paint: { 'line-color': c.wayCase, 'line-width': width(4, 7), 'line-opacity': ['*', 0.55, ['get', 'opacity']] } },
    { id: 'wm-trail', type: 'line', source: sources.trails, layout: round, paint: { 'line-color': ['get', 'color'], 'line-width': width(2, 4), 'line-opacity': ['get', 'opacity'] } },
  ]
}

export const roomSources = [sources.areas, sources.route, sources.lead, sources.trails]
