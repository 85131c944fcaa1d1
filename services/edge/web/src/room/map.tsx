import type { LiveRoom } from '@wemaps/sdk'

import { MapView, PlacePicker } from '../map'
import type { Place } from '../place'
import { user } from '../state/session'

export function RoomMap(props: { room: LiveRoom; focus: { userId: string } | null }) {
  return <MapView {...props} meId={user.value?.id ?? null} />
}

export function PickOnMap(props: { place: Place | null; onPick: (p: Place) => void }) {
  return <div class="place-map"><PlacePicker {...props} /></div>
}
