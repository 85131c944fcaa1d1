export { colorOf, inkOn } from './color'
export type { Geofence, MapProps, MeetingPoint, Overlays, RoomPlaces, Theme } from './types'
export { MapView, PlacePicker } from './view'
