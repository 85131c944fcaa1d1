import type { Geofence } from '@wemaps/sdk'
import { expect, test } from 'vitest'

import { areaOf } from './shared'

const known = { id: 'a', name: 'Camp', dwellSeconds: 0, createdBy: 'u', createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }

test('a circle of the server, which says longitude first, is a circle of the map', () => {
  expect(areaOf({ ...known, kind: 'circle', center: [14.36, 45.75], radius: 200 } as Geofence)).toEqual({ id: 'a', name: 'Camp', center: { latitude: 45.75, longitude: 14.36 }, radius: 200 })
})

test('a polygon keeps its ring', () => {
  const ring = [[14, 45], [15, 45], [15, 46]]
  expect(areaOf({ ...known, kind: 'polygon', vertices: ring } as Geofence)).toEqual({ id: 'a', name: 'Camp', polygon: ring })
})
