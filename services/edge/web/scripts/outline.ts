import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, GeometryObject, Topology } from 'topojson-specification'
import type { Plugin } from 'vite'

type World = Topology<{ countries: GeometryCollection; land: GeometryObject }>
type Arc = [number, number][]

const require = createRequire(import.meta.url)
const here = dirname(fileURLToPath(import.meta.url))
const folder = join(here, '../src/map/outline')

/** One outline for the whole world, one for who looks closer. Tolerances in degrees: about a pixel at the zoom where each is used. */
const outlines = [
  { from: 'countries-50m', to: 'world.json', tolerance: 0.03, digits: 2, islands: 0.02 },
  { from: 'countries-10m', to: 'world-fine.json', tolerance: 0.007, digits: 3, islands: 0.001 },
] as const

/** Makes the outline of the world from Natural Earth's data before anything is built, when it is not there yet. */
export function outline(): Plugin {
  return {
    name: 'wemaps-outline',
    buildStart() {
      for (const o of outlines) {
        const target = join(folder, o.to)
        if (existsSync(target) && statSync(target).mtimeMs > statSync(fileURLToPath(import.meta.url)).mtimeMs) continue
        mkdirSync(folder, { recursive: true })
        writeFileSync(target, convert(o))
      }
    },
  }
}

function convert({ from, tolerance, digits, islands }: (typeof outlines)[number]): string {
  const world = JSON.parse(readFileSync(require.resolve(`world-atlas/${from}.json`), 'utf8')) as World
  // Neighbours share arcs: simplified there, their borders still meet.
  world.arcs = absolute(world).map((arc) => simplify(arc, tolerance))
  delete world.transform
  const land = feature(world, world.objects.land)
  const polygons = 'features' in land ? land.features.flatMap((f) => rings(f.geometry)) : rings(land.geometry)
  const borders = mesh(world, world.objects.countries, (a, b) => a !== b)
  const data = {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', properties: { kind: 'land' }, geometry: { type: 'MultiPolygon', coordinates: polygons.filter((p) => size(p[0]!) > islands) } },
      { type: 'Feature', properties: { kind: 'border' }, geometry: borders },
    ],
  }
  const factor = 10 ** digits
  return JSON.stringify(data, (_, v: unknown) => (typeof v === 'number' ? Math.round(v * factor) / factor : v))
}

function rings(g: { type: string; coordinates?: unknown }): number[][][][] {
  if (g.type === 'MultiPolygon') return g.coordinates as number[][][][]
  return g.type === 'Polygon' ? [g.coordinates as number[][][]] : []
}

/** Width by height in square degrees: what is smaller is not seen at the zoom where this outline is used. */
function size(ring: number[][]): number {
  const [xs, ys] = [ring.map((p) => p[0]!), ring.map((p) => p[1]!)]
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys))
}

/** The arcs with their quantised differences summed up. */
function absolute(world: World): Arc[] {
  const { scale, translate } = world.transform!
  return world.arcs.map((arc) => {
    let [x, y] = [0, 0]
    return arc.map((p) => {
      x += p[0]!
      y += p[1]!
      return [x * scale[0]! + translate[0]!, y * scale[1]! + translate[1]!] as [number, number]
    })
  })
}

/** Douglas and Peucker, without recursion. The ends stay. */
function simplify(arc: Arc, tolerance: number): Arc {
  const keep = new Uint8Array(arc.length)
  keep[0] = keep[arc.length - 1] = 1
  const closed = arc.length > 3 && arc[0]![0] === arc.at(-1)![0] && arc[0]![1] === arc.at(-1)![1]
  const todo: [number, number][] = [[0, arc.length - 1]]
  if (closed) {
    // An island is one arc: without two more corners nothing would be left of it.
    const half = arc.length >> 1
    keep[half] = 1
    keep[half >> 1] = 1
    todo.splice(0, 1, [0, half >> 1], [half >> 1, half], [half, arc.length - 1])
  }
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [a, b] = next
    let [worst, at] = [tolerance * tolerance, -1]
    for (let i = a + 1; i < b; i++) {
      const d = offLine(arc[i]!, arc[a]!, arc[b]!)
      if (d > worst) [worst, at] = [d, i]
    }
    if (at < 0) continue
    keep[at] = 1
    todo.push([a, at], [at, b])
  }
  return arc.filter((_, i) => keep[i])
}

/** Squared distance of p from the line between a and b. */
function offLine(p: number[], a: number[], b: number[]): number {
  const [dx, dy] = [b[0]! - a[0]!, b[1]! - a[1]!]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p[0]! - a[0]!) * dx + (p[1]! - a[1]!) * dy) / length))
  return (p[0]! - a[0]! - t * dx) ** 2 + (p[1]! - a[1]! - t * dy) ** 2
}
