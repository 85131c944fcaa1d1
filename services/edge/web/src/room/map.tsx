import { MapView, PlacePicker, ShapePicker } from '../map'
import type { LngLat, MapProps } from '../map'
import type { Place } from '../place'

export function RoomMap(props: Pick<MapProps, 'room' | 'focus' | 'places' | 'meId' | 'overlays'>) {
  return <MapView {...props} />
}

export function PickOnMap(props: { place: Place | null; start?: Place; radius?: number; onPick: (p: Place) => void }) {
  return <div class="place-map"><PlacePicker {...props} /></div>
}

export function ShapeOnMap(props: { ring: readonly LngLat[]; start: Place; onChange: (ring: readonly LngLat[]) => void }) {
  return <div class="place-map"><ShapePicker {...props} /></div>
}
