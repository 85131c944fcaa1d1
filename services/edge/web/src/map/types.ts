import type { ReadonlySignal } from '@preact/signals'
import type { LiveRoom, Room } from '@wemaps/sdk'

import type { LngLat } from './geo'

/** An area of the room: a circle or a polygon. */
export interface Geofence {
  id: string
  name: string
  center?: { latitude: number; longitude: number }
  /** Metres. */
  radius?: number
  /** A ring, open or closed. */
  polygon?: readonly LngLat[]
}

/** A place where the group might meet. */
export interface MeetingPoint {
  id: string
  name: string
  latitude: number
  longitude: number
  /** Whether the group has chosen it. */
  chosen?: boolean
}

/** What else the room shows. Whoever knows it gives it; what is missing is not drawn. */
export interface Overlays {
  /** The way to the destination. */
  route?: { type: 'LineString'; coordinates: readonly (readonly number[])[] } | null
  geofences?: readonly Geofence[]
  meetingPoints?: readonly MeetingPoint[]
  /** Users who call for help. */
  sos?: ReadonlySet<string> | readonly string[]
  /** Where those were who have called: they need not share their position at other times. */
  calls?: readonly { userId: string; userName: string; latitude: number; longitude: number }[]
}

/** Where the group is going. */
export type RoomPlaces = Pick<Room, 'destinationName' | 'destinationLat' | 'destinationLng' | 'waypoints'>

export type Theme = 'light' | 'dark'

export interface MapProps {
  /** Null while nothing is known yet. */
  room: LiveRoom | null
  /** The user of this page; null for somebody who only looks. */
  meId?: string | null
  /** Where the group is going, if the room itself does not know it: somebody with a share link is told otherwise. */
  places?: RoomPlaces | null
  /** Goes to this member and stays with them until the map is moved by hand. A new object asks once more. */
  focus?: { userId: string } | null
  /** Somebody's marker was pressed. */
  onSelect?: (userId: string) => void
  overlays?: ReadonlySignal<Overlays>
  /** Without it the browser's wish counts. */
  theme?: ReadonlySignal<Theme>
  /** While it is set, a press on the map chooses a place. */
  onPick?: (lat: number, lng: number) => void
}
