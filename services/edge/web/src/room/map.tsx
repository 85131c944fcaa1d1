import { MapView, PlacePicker } from '../map'
import type { MapProps } from '../map'
import type { Place } from '../place'

export function RoomMap(props: Pick<MapProps, 'room' | 'focus' | 'places' | 'meId' | 'overlays'>) {
  return <MapView {...props} />
}

export function PickOnMap(props: { place: Place | null; start?: Place; radius?: number; onPick: (p: Place) => void }) {
  return <div class="place-map"><PlacePicker {...props} /></div>
}
