import type { Geofence, Route } from '@wemaps/sdk'

import type { Overlays } from './types'

/** A room's route as the map draws it. */
export const lineOf = (route: Route): Overlays['route'] => ({ type: 'LineString', coordinates: route.geometry.coordinates as number[][] })

/** A geofence of the server, which says longitude first, as the map draws it. */
export function areaOf(g: Geofence): NonNullable<Overlays['geofences']>[number] {
  const [longitude, latitude] = g.center ?? []
  return {
    id: g.id,
    name: g.name,
    ...(longitude !== undefined && latitude !== undefined && { center: { latitude, longitude }, radius: g.radius ?? 0 }),
    ...(g.vertices && { polygon: g.vertices as [number, number][] }),
  }
}
