import type { WeMaps, Session } from './client.js'
import type { ChangeSharing, ChatHistory, ChatMessage, CreateRoom, Geofence, GeofenceShape, HistoryQuery, ImportedTrack, JoinRoom, Location, MeetingPoint, Member, MemberLocation, Navigation, NewPrivacyZone, PrivacyZone, Receipt, Recording, Room, Route, SOS, SOSCall, ShareLink, SharedLocations, SharedRoom, SharingState, Track, TrackDevice, Unread, UpdateRoom, User } from './types.js'

/** Of a track's file. */
export type TrackFormat = 'gpx' | 'geojson' | 'csv'

const path = (strings: TemplateStringsArray, ...values: string[]): string => String.raw({ raw: strings }, ...values.map(encodeURIComponent))

/** The REST API. Everything rejects with a WeMapsError. */
export class Api {
  constructor(private readonly client: WeMaps) {}

  private get = <T>(url: string) => this.client.request<T>('GET', url)
  private post = <T>(url: string, body: unknown = {}) => this.client.request<T>('POST', url, body)
  private put = <T>(url: string, body: unknown) => this.client.request<T>('PUT', url, body)
  private patch = <T>(url: string, body: unknown) => this.client.request<T>('PATCH', url, body)
  private delete = <T>(url: string, body?: unknown) => this.client.request<T>('DELETE', url, body)

  /** Signs in, and up if nobody has the name. A claimed name needs its password: PASSWORD_REQUIRED, INVALID_CREDENTIALS. */
  async signIn(name: string, password?: string): Promise<{ user: User; isNewUser: boolean }> {
    const s = await this.client.send<Session & { isNewUser: boolean }>('POST', '/api/auth/signin', { name, ...(password && { password }) })
    const { isNewUser, ...session } = s
    this.client.keep(session)
    return { user: s.user, isNewUser }
  }

  /** Claims a name; USERNAME_EXISTS if it is taken. */
  async signUp(name: string, password: string): Promise<User> {
    const s = await this.client.send<Session>('POST', '/api/auth/signup', { name, password })
    this.client.keep(s)
    return s.user
  }

  /** Ends the session here, and on the server if that can be reached. */
  async signOut(): Promise<void> {
    const told = this.post('/api/auth/signout').catch(() => undefined)
    await told
    this.client.keep(null)
  }

  me = async (): Promise<User> => this.user(await this.get<{ user: User }>('/api/auth/me'))
  /** Claims the name: from now on it needs the password. An old one must be given. */
  setPassword = (password: string, currentPassword?: string): Promise<void> =>
    this.put('/api/auth/password', { newPassword: password, ...(currentPassword && { currentPassword }) })
  rename = async (name: string): Promise<User> => this.user(await this.put<{ user: User }>('/api/auth/me', { name }))

  private user(answer: { user: User }): User {
    this.client.renamed(answer.user)
    return answer.user
  }

  rooms = async (): Promise<Room[]> => (await this.get<{ rooms: Room[] }>('/api/rooms')).rooms
  room = async (id: string): Promise<Room & { members: Member[] }> =>
    (await this.get<{ room: Room & { members: Member[] } }>(path`/api/rooms/${id}`)).room
  createRoom = async (room: CreateRoom): Promise<Room> => (await this.post<{ room: Room }>('/api/rooms', room)).room
  joinRoom = (body: JoinRoom): Promise<{ room: Room; member: Member; isRejoining: boolean }> => this.post('/api/rooms/join', body)
  leaveRoom = (id: string): Promise<void> => this.post(path`/api/rooms/${id}/leave`)
  updateRoom = async (id: string, change: UpdateRoom): Promise<Room> => (await this.patch<{ room: Room }>(path`/api/rooms/${id}`, change)).room
  closeRoom = (id: string): Promise<void> => this.post(path`/api/rooms/${id}/close`)
  rotateCode = async (id: string): Promise<Room> => (await this.post<{ room: Room }>(path`/api/rooms/${id}/code`)).room
  setRole = (id: string, userId: string, role: 'admin' | 'member' | 'viewer'): Promise<void> => this.put(path`/api/rooms/${id}/members/${userId}/role`, { role })
  transferOwnership = (id: string, userId: string): Promise<void> => this.post(path`/api/rooms/${id}/transfer`, { userId })
  removeMember = (id: string, userId: string): Promise<void> => this.delete(path`/api/rooms/${id}/members/${userId}`)
  banMember = (id: string, userId: string): Promise<void> => this.post(path`/api/rooms/${id}/members/${userId}/ban`)
  unbanMember = (id: string, userId: string): Promise<void> => this.delete(path`/api/rooms/${id}/members/${userId}/ban`)

  shareLinks = async (id: string): Promise<ShareLink[]> => (await this.get<{ shares: ShareLink[] }>(path`/api/rooms/${id}/shares`)).shares
  /** Only this answer has the link's token. */
  createShareLink = async (id: string, body: { expiresIn?: number } = {}): Promise<ShareLink> =>
    (await this.post<{ share: ShareLink }>(path`/api/rooms/${id}/shares`, body)).share
  revokeShareLink = (id: string, shareId: string): Promise<void> => this.delete(path`/api/rooms/${id}/shares/${shareId}`)
  /** What whoever has a share link may know of the room; needs no user. */
  sharedRoom = async (token: string): Promise<SharedRoom> =>
    (await this.client.send<{ room: SharedRoom }>('GET', path`/api/rooms/shared/${token}`)).room

  messages(id: string, query: HistoryQuery & { system?: boolean } = {}): Promise<ChatHistory> {
    const search = Object.entries(query).flatMap(([k, v]) => (v === undefined ? [] : [`${k}=${String(v)}`]))
    return this.get(path`/api/rooms/${id}/messages` + (search.length ? '?' + search.join('&') : ''))
  }

  sendMessage = async (id: string, body: { content: string; clientId?: string; replyTo?: string }): Promise<ChatMessage> =>
    (await this.post<{ message: ChatMessage }>(path`/api/rooms/${id}/messages`, body)).message
  /** What others wrote that the user has not read, and how far the user has read. */
  unread = (id: string): Promise<Unread> => this.get(path`/api/rooms/${id}/messages/unread`)
  receipts = async (id: string): Promise<Receipt[]> => (await this.get<{ receipts: Receipt[] }>(path`/api/rooms/${id}/messages/receipts`)).receipts
  /** What one shows oneself, and how far the others are shown. */
  sharing = (id: string): Promise<SharingState> => this.get(path`/api/rooms/${id}/sharing`)
  changeSharing = (id: string, change: ChangeSharing): Promise<SharingState> => this.put(path`/api/rooms/${id}/sharing`, change)
  /** Circles in which one is shown less exactly, in all rooms. */
  privacyZones = async (): Promise<PrivacyZone[]> => (await this.get<{ zones: PrivacyZone[] }>('/api/privacy/zones')).zones
  createPrivacyZone = async (zone: NewPrivacyZone): Promise<PrivacyZone> => (await this.post<{ zone: PrivacyZone }>('/api/privacy/zones', zone)).zone
  updatePrivacyZone = async (id: string, zone: NewPrivacyZone): Promise<PrivacyZone> =>
    (await this.put<{ zone: PrivacyZone }>(path`/api/privacy/zones/${id}`, zone)).zone
  deletePrivacyZone = (id: string): Promise<void> => this.delete(path`/api/privacy/zones/${id}`)
  /** Who is where, and how things are with those of whom there is no position. */
  whereabouts = (id: string): Promise<{ locations: Location[]; members: MemberLocation[] }> => this.get(path`/api/rooms/${id}/locations`)
  /** Who is where, for whoever has a share link; needs no user. */
  sharedLocations = (token: string): Promise<SharedLocations> => this.client.send('GET', path`/api/rooms/shared/${token}/locations`)
  locations = async (id: string): Promise<Location[]> => (await this.get<{ locations: Location[] }>(path`/api/rooms/${id}/locations`)).locations

  /** The room's shared route, simplified or as it was uploaded; ROUTE_NOT_SET without one. */
  route = async (id: string, full = false): Promise<Route> => (await this.get<{ route: Route }>(path`/api/rooms/${id}/route` + (full ? '?full=true' : ''))).route
  /** The same, simplified, or null without one: that is no error, which browsers would tell of. */
  routeIfAny = async (id: string): Promise<Route | null> => (await this.get<{ route: Route } | undefined>(path`/api/rooms/${id}/route?optional=true`))?.route ?? null
  /** Shares a route: a GeoJSON object, or the text of a GPX file. */
  setRoute = async (id: string, route: object | string, name?: string): Promise<Route> =>
    (await this.put<{ route: Route }>(path`/api/rooms/${id}/route` + (name === undefined ? '' : path`?name=${name}`), route)).route
  removeRoute = (id: string): Promise<void> => this.delete(path`/api/rooms/${id}/route`)
  geofences = async (id: string): Promise<Geofence[]> => (await this.get<{ geofences: Geofence[] }>(path`/api/rooms/${id}/geofences`)).geofences
  addGeofence = async (id: string, shape: GeofenceShape): Promise<Geofence> => (await this.post<{ geofence: Geofence }>(path`/api/rooms/${id}/geofences`, shape)).geofence
  changeGeofence = async (id: string, geofenceId: string, shape: GeofenceShape): Promise<Geofence> =>
    (await this.put<{ geofence: Geofence }>(path`/api/rooms/${id}/geofences/${geofenceId}`, shape)).geofence
  removeGeofence = (id: string, geofenceId: string): Promise<void> => this.delete(path`/api/rooms/${id}/geofences/${geofenceId}`)
  meetingPoints = async (id: string): Promise<MeetingPoint[]> => (await this.get<{ meetingPoints: MeetingPoint[] }>(path`/api/rooms/${id}/meeting-points`)).meetingPoints
  proposeMeetingPoint = async (id: string, point: { name: string; latitude: number; longitude: number }): Promise<MeetingPoint> =>
    (await this.post<{ meetingPoint: MeetingPoint }>(path`/api/rooms/${id}/meeting-points`, point)).meetingPoint
  removeMeetingPoint = (id: string, pointId: string): Promise<void> => this.delete(path`/api/rooms/${id}/meeting-points/${pointId}`)
  /** Makes a meeting point the room's destination; for owners and admins. */
  meetAt = (id: string, point: MeetingPoint): Promise<Room> =>
    this.updateRoom(id, { destinationName: point.name, destinationLat: point.latitude, destinationLng: point.longitude })

  /** Calls for help that are open. */
  sos = async (id: string): Promise<SOS[]> => (await this.get<{ sos: SOS[] }>(path`/api/rooms/${id}/sos`)).sos
  /** Calls for help; a room that is connected does it better, see LiveRoom.callForHelp. */
  callForHelp = async (id: string, call: SOSCall = {}): Promise<SOS> => (await this.post<{ sos: SOS }>(path`/api/rooms/${id}/sos`, call)).sos
  answerSOS = async (id: string, sosId: string, message?: string): Promise<SOS> =>
    (await this.post<{ sos: SOS }>(path`/api/rooms/${id}/sos/${sosId}/answer`, { ...(message !== undefined && { message }) })).sos
  cancelSOS = async (id: string, sosId: string): Promise<SOS> => (await this.delete<{ sos: SOS }>(path`/api/rooms/${id}/sos/${sosId}`)).sos
  navigation = (id: string): Promise<Navigation> => this.get(path`/api/rooms/${id}/navigation`)

  recording = (id: string): Promise<Recording> => this.get(path`/api/rooms/${id}/tracks/recording`)
  /** What is absent stays as it is; roomAllows is for owners and admins. */
  setRecording = (id: string, change: { roomAllows?: boolean; mine?: boolean }): Promise<Recording> => this.put(path`/api/rooms/${id}/tracks/recording`, change)
  tracks = async (id: string): Promise<TrackDevice[]> => (await this.get<{ devices: TrackDevice[] }>(path`/api/rooms/${id}/tracks`)).devices
  /** Somebody's way; `me` is the user. The tolerance in metres leaves out what is not farther beside the line. */
  track = (id: string, userId = 'me', query: { tolerance?: number } = {}): Promise<Track> =>
    this.get(path`/api/rooms/${id}/tracks/${userId}` + `?tolerance=${query.tolerance ?? 0}`)
  eraseTracks = (id: string): Promise<void> => this.delete(path`/api/rooms/${id}/tracks`)
  ownTracks = (): Promise<{ recorded: TrackDevice[]; imported: ImportedTrack[] }> => this.get('/api/tracks')
  /** Somebody's way as the text of a file. */
  exportTrack = (id: string, userId = 'me', format: TrackFormat = 'gpx'): Promise<string> => this.client.file(path`/api/rooms/${id}/tracks/${userId}/export?format=${format}`)
  /** Deletes all of the user's tracks, recorded and imported, in all rooms. */
  eraseOwnTracks = (): Promise<void> => this.delete('/api/tracks')
  /** Keeps a track from the text of a GPX file, for the user alone; the same file again is the same track. */
  importTrack = async (gpx: string, name?: string): Promise<ImportedTrack> =>
    (await this.post<{ track: ImportedTrack }>('/api/tracks/imports' + (name === undefined ? '' : path`?name=${name}`), gpx)).track
  exportImportedTrack = (trackId: string, format: TrackFormat = 'gpx'): Promise<string> => this.client.file(path`/api/tracks/imports/${trackId}/export?format=${format}`)
  importedTrack = (trackId: string): Promise<Track> => this.get(path`/api/tracks/imports/${trackId}`)
  deleteImportedTrack = (trackId: string): Promise<void> => this.delete(path`/api/tracks/imports/${trackId}`)
}
