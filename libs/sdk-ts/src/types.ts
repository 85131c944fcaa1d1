import type { components } from './generated/rest.js'
import type { Sockets } from './generated/sockets.js'

type Schemas = components['schemas']

/** What a server says, and what a client says, by event. */
export type Heard = Sockets['heard']
export type Said = Sockets['said']

export type User = Schemas['User']
export type Room = Schemas['Room']
export type Member = Schemas['Member']
export type ShareLink = Schemas['Share']
export type SharedRoom = Schemas['SharedRoom']
export type Navigation = Schemas['Navigation']
export type Recording = Schemas['Recording']
export type Track = Schemas['Track']
export type TrackDevice = Schemas['TrackDevice']
export type ImportedTrack = Schemas['ImportedTrack']
/** A room's shared route, with its points as longitude, latitude. */
export type Route = Schemas['Route']
export type Geofence = Schemas['Geofence']
export type GeofenceShape = Schemas['GeofenceRequest']
export type MeetingPoint = Schemas['MeetingPoint']
/** A call for help. */
export type SOS = Schemas['SOS']
export type SOSCall = Schemas['SOSRequest']
export type CreateRoom = Schemas['CreateRoomRequest']
export type JoinRoom = Schemas['JoinRoomRequest']
export type UpdateRoom = Schemas['UpdateRoomRequest']
/** What a member shows of themselves. */
export type Sharing = Schemas['Sharing']
export type SharingState = Schemas['SharingState']
export type ChangeSharing = Schemas['SharingRequest']
export type PrivacyZone = Schemas['PrivacyZone']
export type NewPrivacyZone = Schemas['PrivacyZoneRequest']
export type MemberLocation = Schemas['MemberLocation']
export type SharedLocations = Schemas['SharedLocations']
export type Unread = Schemas['UnreadResponse']
export type Receipt = Schemas['MessageRead']
export type ChatHistory = Schemas['ChatHistory']

/** A message; with `kind` nobody has said it, but the room tells what happened. */
export type ChatMessage = Heard['new-message']
/** Where a member is. */
export type Location = Schemas['Location']
export type Confirmed = Heard['location-confirmed']

/** A fix of this device. Without `recordedAt` it is of now. */
export type Fix = Omit<Said['location-update'], 'roomId'>

/** A member of a room, as far as is known. */
export interface MemberState {
  userId: string
  userName: string
  nickname?: string
  role: Member['role']
  joinOrder: number
  online: boolean
  position?: Location
  arrived: boolean
  straggling: boolean
  /** Shows nothing at the moment. */
  paused: boolean
  /** How exactly they are shown. */
  precision: Sharing['precision']
}

export interface HistoryQuery {
  before?: number
  after?: number
  limit?: number
}
