export { colorOf, inkOn } from './color'
export type { Geofence, MapProps, MeetingPoint, Overlays, Theme } from './types'
