import type { LiveRoom } from '@wemaps/sdk'
import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import type { Place } from '../place'

// The map library is larger than all the rest: it comes by itself, after what can be read.
const modules = import.meta.glob('../map/index.ts') as Record<string, () => Promise<Record<string, unknown>>>

export function RoomMap(props: { room: LiveRoom; focus: { userId: string } | null }) {
  const Map = useMap('MapView')
  return Map ? <Map {...props} /> : <div class="map-placeholder" />
}

export function PickOnMap(props: { place: Place | null; onPick: (p: Place) => void }) {
  const Map = useMap('PlacePicker')
  return Map ? <Map {...props} /> : <div class="map-placeholder" />
}

function useMap(name: string): FunctionComponent<any> | null {
  const [Map, setMap] = useState<FunctionComponent | null>(null)
  useEffect(() => void modules['../map/index.ts']?.().then((m) => setMap(() => m[name] as FunctionComponent)), [])
  return Map
}
