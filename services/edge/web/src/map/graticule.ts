import type { Feature, FeatureCollection } from 'geojson'

import type { Box } from './geo'

const steps = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]
const most = 60 // lines of a kind, whatever somebody asks for

/** Degrees between two lines, so that they are some 100 to 250 pixels apart. */
export function stepFor(zoom: number): number {
  const degrees = (360 / (512 * 2 ** zoom)) * 110
  return steps.findLast((s) => s >= degrees) ?? steps[0]!
}

/**
 * Meridians and parallels of a box, with their names at its left and lower edge: where there is nothing else, they say how far is far. No
 * name is south of `foot`, where the scale and the makers' names are.
 */
export function graticule(box: Box, zoom: number, foot = box.south): FeatureCollection {
  const step = stepFor(zoom)
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3
  const features: Feature[] = []
  const [south, north] = [Math.max(-85, box.south), Math.min(85, box.north)]
  const [midLng, midLat] = [(box.west + box.east) / 2, (south + north) / 2]
  const [padLng, padLat] = [box.east - box.west, north - south] // a page around what is seen, for panning
  const lines = (from: number, to: number) => {
    const first = Math.ceil(from / step)
    return Array.from({ length: Math.max(0, Math.min(most, Math.floor(to / step) - first + 1)) }, (_, i) => first + i)
  }
  for (const i of lines(box.west - padLng, box.east + padLng)) {
    const lng = i * step
    line(features, [[lng, Math.max(-85, south - padLat)], [lng, Math.min(85, north + padLat)]], i % 5 === 0)
    if (lng > box.west && lng < box.east) label(features, [lng, Math.max(south, foot)], 'bottom-left', name(wrap(lng), digits, 'E', 'W'))
  }
  for (const i of lines(Math.max(-85, south - padLat), Math.min(85, north + padLat))) {
    const lat = i * step
    // In pieces: a line may not be longer than half the world.
    line(features, [[box.west - padLng, lat], [midLng, lat], [box.east + padLng, lat]], i % 5 === 0)
    if (lat > foot && Math.abs(lat - midLat) < (north - south) * 0.46) label(features, [box.west, lat], 'bottom-left', name(lat, digits, 'N', 'S'))
  }
  return { type: 'FeatureCollection', features }
}

function line(to: Feature[], coordinates: number[][], main: boolean): void {
  to.push({ type: 'Feature', properties: { main }, geometry: { type: 'LineString', coordinates } })
}

function label(to: Feature[], at: number[], anchor: string, text: string): void {
  to.push({ type: 'Feature', properties: { text, anchor }, geometry: { type: 'Point', coordinates: at } })
}

const wrap = (lng: number) => ((((lng + 180) % 360) + 360) % 360) - 180

function name(degrees: number, digits: number, plus: string, minus: string): string {
  const text = Math.abs(degrees).toFixed(digits)
  return Number(text) === 0 ? '0°' : `${text}° ${degrees > 0 ? plus : minus}`
}
