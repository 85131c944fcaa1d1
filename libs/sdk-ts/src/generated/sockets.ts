// Generated from libs/wire/asyncapi.json by "npm run generate". Do not edit.

export type ReactionEmoji = '👍' | '👎' | '❤️' | '😂' | '😮' | '😢' | '🙏' | '🎉'
export type RoomID = string

export interface Sockets {
  heard: {
    /**
     * Answers request-chat-history, and lastSeq; oldest first
     */
    'chat-history': {
      /**
       * Changed after afterRev, as they are now, by rev
       */
      changed?: Message[]
      hasMore: boolean
      hasMoreChanged?: boolean
      messages: Message[]
      /**
       * The room's newest change number, absent if there is none; with hasMoreChanged that of the last in changed
       */
      rev?: number
      roomId: RoomID
    }
    /**
     * Why an event had no effect
     */
    error: {
      /**
       * For programs
       */
      code: string
      /**
       * The client's event
       */
      event?: string
      /**
       * With VALIDATION_ERROR: of the payload, what is invalid
       */
      field?: string
      /**
       * The client's id of it; native only
       */
      id?: string
      /**
       * For people
       */
      message: string
      /**
       * When it may work. Positions without an ack that come within that time after an UNAVAILABLE may be left out without another error.
       */
      retryAfterMs?: number
      roomId?: string
    }
    /**
     * A member comes at least five minutes and a fifth of the way earlier or later than was told before
     */
    'eta-changed': {
      eta: string
      etaBasis: 'speed' | 'route' | 'engine'
      previousEta: string
      roomId: string
      userId: string
      userName: string
    }
    /**
     * A member has been in an area for its dwellSeconds
     */
    'geofence-dwelled': {
      /**
       * Fix time
       */
      at: string
      geofenceId: string
      geofenceName: string
      roomId: string
      userId: string
      userName: string
    }
    /**
     * A member has come into an area of the room
     */
    'geofence-entered': {
      /**
       * Fix time
       */
      at: string
      geofenceId: string
      geofenceName: string
      roomId: string
      userId: string
      userName: string
    }
    /**
     * A member has left an area of the room
     */
    'geofence-exited': {
      /**
       * Fix time
       */
      at: string
      geofenceId: string
      geofenceName: string
      roomId: string
      userId: string
      userName: string
    }
    /**
     * A geofence came, went or has changed; the shapes are for GET /api/rooms/{id}/geofences
     */
    'geofences-updated': {
      change: 'added' | 'changed' | 'removed'
      /**
       * How many there are now
       */
      count: number
      geofenceId: string
      name: string
      roomId: RoomID
      /**
       * User id
       */
      updatedBy: string
    }
    /**
     * Everybody who is on the way has arrived
     */
    'group-arrived': {
      /**
       * Of the last one
       */
      arrivedAt: string
      roomId: string
      /**
       * In the order of arrival
       */
      userIds: string[]
    }
    /**
     * Answers join-room
     */
    'joined-room': {
      roomId: RoomID
      roomName: string
    }
    /**
     * Answers location-update
     */
    'location-confirmed': {
      intervalReason?: 'unwatched' | 'still' | 'walking' | 'driving' | 'near-arrival'
      latitude: number
      longitude: number
      /**
       * How often to report from now on; comes when the advice changes
       */
      nextIntervalMs?: number
      timestamp: string
      /**
       * What became of the fix; only an accepted one moves the member
       */
      verdict?: 'accepted' | 'late' | 'duplicate' | 'implausible' | 'no-fix' | 'other-device' | 'withdrawn' | 'hidden'
    }
    /**
     * A member's position is not to be shown any more. When a room ends, room-closed says so for all
     */
    'location-removed': {
      /**
       * precision: a less exact one will come
       */
      reason: 'left' | 'removed' | 'paused' | 'ended' | 'hidden' | 'precision'
      roomId: string
      userId: string
    }
    /**
     * Somebody asks where this user is: the app should send a location-update. Also the answer to who asks
     */
    'location-requested': {
      askedBy: string
      askedByName: string
      roomId: string
      /**
       * paused: does not want to be found, and is not told
       */
      state: 'asked' | 'paused'
      /**
       * Who is asked
       */
      userId: string
    }
    /**
     * A member has been silent for a minute while others move. Apps can tell as well by recordedAt
     */
    'location-stale': {
      lastSeen: string
      roomId: string
      userId: string
    }
    'location-updated': Location
    /**
     * Others have moved; for clients that asked for batches
     */
    'locations-updated': {
      locations: Location1[]
    }
    /**
     * Somebody has proposed a place to meet at, or taken one away
     */
    'meeting-points-updated': {
      /**
       * All of them
       */
      meetingPoints: MeetingPoint[]
      roomId: RoomID
      /**
       * User id
       */
      updatedBy: string
    }
    /**
     * A member has reached the destination. `how` is entered, crossed (passed through between two fixes) or already-there
     */
    'member-arrived': {
      /**
       * Fix time
       */
      arrivedAt: string
      how: 'entered' | 'crossed' | 'already-there'
      /**
       * 1 = the first one there
       */
      rank: number
      roomId: string
      userId: string
      userName: string
    }
    /**
     * Somebody was removed; to that one, the last of the room
     */
    'member-removed': {
      /**
       * removed or banned
       */
      reason?: string
      roomId: RoomID
      userId: string
      userName: string
    }
    /**
     * A member falls behind the others, or has caught up
     */
    'member-straggling': {
      at: string
      /**
       * Metres behind the middle of the others
       */
      distanceBehind: number
      roomId: string
      secondsBehind: number
      straggling: boolean
      userId: string
      userName: string
    }
    /**
     * To those whom a new message calls, and not to its author, right after it. Who was away finds mentions in the message
     */
    mentioned: {
      messageId: string
      roomId: RoomID
      seq: number
      /**
       * The author
       */
      userId: string
      /**
       * All whom it calls
       */
      userIds: string[]
      userName: string
    }
    /**
     * Only the place of a message is left
     */
    'message-deleted': {
      deletedAt: string
      /**
       * User id
       */
      deletedBy: string
      id: string
      /**
       * The room's number of this change
       */
      rev: number
      roomId: RoomID
      seq: number
      /**
       * Its author
       */
      userId: string
    }
    'message-edited': Message1
    /**
     * Somebody has reacted to a message, or taken that back
     */
    'message-reaction': {
      emoji: ReactionEmoji
      id: string
      /**
       * All of the message's
       */
      reactions: Reaction[]
      removed: boolean
      /**
       * The room's number of this change
       */
      rev: number
      roomId: RoomID
      seq: number
      userId: string
      userName: string
    }
    /**
     * How far somebody else has read; answers mark-read with an id
     */
    'message-read': {
      readAt?: string
      roomId: RoomID
      /**
       * 0 is nothing yet
       */
      seq: number
      userId: string
    }
    'new-message': Message2
    /**
     * Answers ping
     */
    pong: {} | null
    /**
     * The room has ended; nothing more comes from it
     */
    'room-closed': {
      reason: 'closed' | 'expired'
      roomId: RoomID
    }
    /**
     * Who is where, after join-room; does not come when nobody else has a live position
     */
    'room-locations': {
      locations: Location1[]
      roomId?: RoomID
    }
    /**
     * The room's details or members' roles have changed
     */
    'room-updated': {
      /**
       * As in the REST document
       */
      room: {}
      roomId: RoomID
    }
    /**
     * How many people watch the room by share links
     */
    'room-viewers': {
      roomId: string
      viewers: number
    }
    /**
     * The room shares another route, or none any more; its points are for GET /api/rooms/{id}/route
     */
    'route-updated': {
      /**
       * Of the route that came or went
       */
      id: string
      removed: boolean
      roomId: RoomID
      /**
       * As in the REST document, without the points; absent when there is none
       */
      route?: {}
      /**
       * User id
       */
      updatedBy: string
    }
    /**
     * This server is about to go; reconnect after that time
     */
    'server-draining': {
      reconnectInMs: number
    }
    /**
     * What a member shows from now on, and the answer to who wished it
     */
    'sharing-changed': {
      paused: boolean
      precision: 'exact' | 'approximate' | 'hidden'
      roomId: string
      /**
       * While paused: the end of the pause; else: of the sharing
       */
      until?: string
      userId: string
      /**
       * Empty when the time has changed it
       */
      userName: string
    }
    'sos-answered': SOS
    'sos-cancelled': SOS1
    'sos-raised': SOS2
    'system-message': Message3
    'user-joined': UserRef
    'user-left': UserRef1
    'user-offline': UserRef2
    'user-online': UserRef3
    /**
     * Somebody else types, or has stopped; forget it after five seconds
     */
    'user-typing': {
      isTyping: boolean
      roomId: RoomID
      userId: string
      userName: string
    }
  }
  said: {
    /**
     * Say that one takes care of somebody's call. Answered by sos-answered
     */
    'answer-sos': {
      message?: string
      roomId: RoomID
      sosId: string
    }
    /**
     * Where are you? Answered by location-requested; once a minute for each member, else RATE_LIMITED
     */
    'ask-location': {
      roomId: RoomID
      /**
       * Who is asked
       */
      userId: string
    }
    /**
     * Take a call for help back; without an id one's own. Owners and admins may cancel any. Answered by sos-cancelled
     */
    'cancel-sos': {
      roomId: RoomID
      sosId?: string
    }
    /**
     * Take a message back: one's own, or as owner or admin any
     */
    'delete-message': {
      messageId: string
      roomId: RoomID
    }
    /**
     * Another text for an own message
     */
    'edit-message': {
      /**
       * editedAt of the text that is replaced, else its message's timestamp. If that is not the present text the edit is refused with MESSAGE_CHANGED: so one that is sent again, and comes late as well, undoes nothing.
       */
      basedOn?: string
      /**
       * 1 to 2000 characters after trimming
       */
      content: string
      messageId: string
      roomId: RoomID
    }
    /**
     * Listen to a room and be announced there
     */
    'join-room': {
      /**
       * The last chat number that the client has; what it missed follows as chat-history
       */
      lastSeq?: number
      roomId: RoomID
    }
    /**
     * Stop listening; with the user's last socket the position goes at once
     */
    'leave-room': {
      roomId: RoomID
    }
    /**
     * Where the client is
     */
    'location-update': {
      /**
       * Metres
       */
      accuracy?: number
      /**
       * Metres
       */
      altitude?: number
      /**
       * Percent
       */
      batteryLevel?: number
      /**
       * Degrees from north
       */
      bearing?: number
      /**
       * Which of the user's devices this is, as it names itself; one of them leads at a time, the others join the track only. Without it all are one: app
       */
      deviceId?: string
      deviceModel?: string
      /**
       * Degrees from north
       */
      heading?: number
      /**
       * Degrees
       */
      latitude: number
      /**
       * Degrees
       */
      longitude: number
      /**
       * When the device measured it; at most 60 s ahead. Older than the newest: joins the track only
       */
      recordedAt?: string
      roomId: RoomID
      /**
       * Metres per second; negative is unknown
       */
      speed?: number
    }
    /**
     * Everything up to a number was read
     */
    'mark-read': {
      roomId: RoomID
      seq: number
    }
    /**
     * Show nothing from now on; the position goes at every viewer before this is stored. Answered by sharing-changed when it is
     */
    'pause-sharing': {
      roomId: RoomID
      /**
       * The pause ends then by itself; in the next 31 days
       */
      until?: string
    }
    /**
     * Ask for a pong
     */
    ping: {}
    /**
     * React to a message, or take that back; one of each kind per user
     */
    'react-to-message': {
      emoji: ReactionEmoji
      messageId: string
      remove?: boolean
      roomId: RoomID
    }
    /**
     * A page of what was said
     */
    'request-chat-history': {
      /**
       * Only higher numbers, the next first
       */
      after?: number
      /**
       * Also what was changed after this change number
       */
      afterRev?: number
      /**
       * Only lower numbers
       */
      before?: number
      limit?: number
      roomId: RoomID
      /**
       * With system messages
       */
      system?: boolean
    }
    /**
     * Be shown again; what was measured before stays unseen
     */
    'resume-sharing': {
      roomId: RoomID
    }
    /**
     * Say something
     */
    'send-message': {
      /**
       * The same one again is the same message. Without one, the same text with the same id or callback number on the same connection is
       */
      clientId?: string
      /**
       * 1 to 2000 characters after trimming
       */
      content: string
      /**
       * User ids of members whom the message calls, else MEMBER_NOT_FOUND
       *
       * @maxItems 50
       */
      mentions?: string[]
      /**
       * Id of a message in the room, else MESSAGE_NOT_FOUND; of a deleted one MESSAGE_DELETED
       */
      replyTo?: string
      roomId: RoomID
    }
    /**
     * How exactly one is shown in a room. approximate: the middle of a cell of a square kilometre
     */
    'set-precision': {
      precision: 'exact' | 'approximate' | 'hidden'
      roomId: RoomID
    }
    /**
     * Call for help. Everybody hears sos-raised, which is the answer, too; again while the call is open is the same call. The position is the one given here, whatever the member shows at other times; without one it is the last that the server has
     */
    sos: {
      /**
       * Metres
       */
      accuracy?: number
      latitude?: number
      longitude?: number
      message?: string
      recordedAt?: string
      roomId: RoomID
    }
    /**
     * Somebody types, or has stopped; what comes too often is dropped
     */
    typing: {
      isTyping: boolean
      roomId: RoomID
    }
  }
}
export interface Message {
  /**
   * As its sender gave it
   */
  clientId?: string
  content: string
  /**
   * Of some system messages, by kind
   */
  data?: {}
  /**
   * Then the content is empty
   */
  deletedAt?: string
  /**
   * User id
   */
  deletedBy?: string
  editedAt?: string
  id: string
  /**
   * Of a system message: joined, left, removed, destination-changed, arrived, group-arrived, straggling, eta-changed, sos, sos-answered, sos-cancelled. More may come; content says it in English. userId is whom it is about
   */
  kind?: string
  /**
   * User ids
   */
  mentions?: string[]
  reactions?: Reaction[]
  /**
   * Id of a message
   */
  replyTo?: string
  /**
   * Number of its newest change
   */
  rev?: number
  roomId: RoomID
  /**
   * Counts from 1 in each room, without gaps
   */
  seq: number
  timestamp: string
  userId: string
  userName: string
}
export interface Reaction {
  emoji: ReactionEmoji
  userIds: string[]
}
/**
 * Somebody else has moved
 */
export interface Location {
  /**
   * Metres
   */
  accuracy?: number
  /**
   * Metres
   */
  altitude?: number
  /**
   * Percent
   */
  batteryLevel?: number
  /**
   * Degrees from north
   */
  bearing?: number
  deviceModel?: string
  /**
   * Metres along the great circle
   */
  distanceToDestination?: number
  /**
   * Degrees from north
   */
  heading?: number
  isLive: boolean
  /**
   * Degrees
   */
  latitude: number
  /**
   * Degrees
   */
  longitude: number
  /**
   * The middle of a cell of a square kilometre, with all figures made from that; absent when exact
   */
  precision?: 'approximate'
  /**
   * When the device measured it
   */
  recordedAt: string
  roomId: RoomID
  /**
   * Metres per second; negative is unknown
   */
  speed?: number
  /**
   * When the server took it
   */
  timestamp: string
  userId: string
  userName: string
}
export interface Location1 {
  /**
   * Metres
   */
  accuracy?: number
  /**
   * Metres
   */
  altitude?: number
  /**
   * Percent
   */
  batteryLevel?: number
  /**
   * Degrees from north
   */
  bearing?: number
  deviceModel?: string
  /**
   * Metres along the great circle
   */
  distanceToDestination?: number
  /**
   * Degrees from north
   */
  heading?: number
  isLive: boolean
  /**
   * Degrees
   */
  latitude: number
  /**
   * Degrees
   */
  longitude: number
  /**
   * The middle of a cell of a square kilometre, with all figures made from that; absent when exact
   */
  precision?: 'approximate'
  /**
   * When the device measured it
   */
  recordedAt: string
  roomId: RoomID
  /**
   * Metres per second; negative is unknown
   */
  speed?: number
  /**
   * When the server took it
   */
  timestamp: string
  userId: string
  userName: string
}
export interface MeetingPoint {
  createdAt: string
  /**
   * User id
   */
  createdBy: string
  createdByName: string
  id: string
  latitude: number
  longitude: number
  name: string
}
/**
 * A message has another text; to its author, the answer that it is stored. After an outage also a message of which nobody heard what has changed
 */
export interface Message1 {
  /**
   * As its sender gave it
   */
  clientId?: string
  content: string
  /**
   * Of some system messages, by kind
   */
  data?: {}
  /**
   * Then the content is empty
   */
  deletedAt?: string
  /**
   * User id
   */
  deletedBy?: string
  editedAt?: string
  id: string
  /**
   * Of a system message: joined, left, removed, destination-changed, arrived, group-arrived, straggling, eta-changed, sos, sos-answered, sos-cancelled. More may come; content says it in English. userId is whom it is about
   */
  kind?: string
  /**
   * User ids
   */
  mentions?: string[]
  reactions?: Reaction[]
  /**
   * Id of a message
   */
  replyTo?: string
  /**
   * Number of its newest change
   */
  rev?: number
  roomId: RoomID
  /**
   * Counts from 1 in each room, without gaps
   */
  seq: number
  timestamp: string
  userId: string
  userName: string
}
/**
 * Somebody said something; to its sender, the answer that it is stored
 */
export interface Message2 {
  /**
   * As its sender gave it
   */
  clientId?: string
  content: string
  /**
   * Of some system messages, by kind
   */
  data?: {}
  /**
   * Then the content is empty
   */
  deletedAt?: string
  /**
   * User id
   */
  deletedBy?: string
  editedAt?: string
  id: string
  /**
   * Of a system message: joined, left, removed, destination-changed, arrived, group-arrived, straggling, eta-changed, sos, sos-answered, sos-cancelled. More may come; content says it in English. userId is whom it is about
   */
  kind?: string
  /**
   * User ids
   */
  mentions?: string[]
  reactions?: Reaction[]
  /**
   * Id of a message
   */
  replyTo?: string
  /**
   * Number of its newest change
   */
  rev?: number
  roomId: RoomID
  /**
   * Counts from 1 in each room, without gaps
   */
  seq: number
  timestamp: string
  userId: string
  userName: string
}
/**
 * Somebody takes care of a call for help: it is not open any more
 */
export interface SOS {
  /**
   * What the answering one said
   */
  answer?: string
  endedAt?: string
  /**
   * User id of who answered or cancelled
   */
  endedBy?: string
  endedByName?: string
  id: string
  message: string
  position?: {
    /**
     * Metres
     */
    accuracy?: number
    latitude: number
    longitude: number
    recordedAt: string
  }
  raisedAt: string
  roomId: RoomID
  state: 'open' | 'answered' | 'cancelled'
  /**
   * When the caller called last
   */
  updatedAt: string
  /**
   * Who calls
   */
  userId: string
  userName: string
}
/**
 * A call for help is over
 */
export interface SOS1 {
  /**
   * What the answering one said
   */
  answer?: string
  endedAt?: string
  /**
   * User id of who answered or cancelled
   */
  endedBy?: string
  endedByName?: string
  id: string
  message: string
  position?: {
    /**
     * Metres
     */
    accuracy?: number
    latitude: number
    longitude: number
    recordedAt: string
  }
  raisedAt: string
  roomId: RoomID
  state: 'open' | 'answered' | 'cancelled'
  /**
   * When the caller called last
   */
  updatedAt: string
  /**
   * Who calls
   */
  userId: string
  userName: string
}
/**
 * Somebody calls for help, or has something new to say of it; after join-room, for each call that is open. A call whose id is not a UUID could not be stored yet: it comes again with its own
 */
export interface SOS2 {
  /**
   * What the answering one said
   */
  answer?: string
  endedAt?: string
  /**
   * User id of who answered or cancelled
   */
  endedBy?: string
  endedByName?: string
  id: string
  message: string
  position?: {
    /**
     * Metres
     */
    accuracy?: number
    latitude: number
    longitude: number
    recordedAt: string
  }
  raisedAt: string
  roomId: RoomID
  state: 'open' | 'answered' | 'cancelled'
  /**
   * When the caller called last
   */
  updatedAt: string
  /**
   * Who calls
   */
  userId: string
  userName: string
}
/**
 * Nobody has said it: something happened in the room. It has kind, and often data; userId is whom it is about
 */
export interface Message3 {
  /**
   * As its sender gave it
   */
  clientId?: string
  content: string
  /**
   * Of some system messages, by kind
   */
  data?: {}
  /**
   * Then the content is empty
   */
  deletedAt?: string
  /**
   * User id
   */
  deletedBy?: string
  editedAt?: string
  id: string
  /**
   * Of a system message: joined, left, removed, destination-changed, arrived, group-arrived, straggling, eta-changed, sos, sos-answered, sos-cancelled. More may come; content says it in English. userId is whom it is about
   */
  kind?: string
  /**
   * User ids
   */
  mentions?: string[]
  reactions?: Reaction[]
  /**
   * Id of a message
   */
  replyTo?: string
  /**
   * Number of its newest change
   */
  rev?: number
  roomId: RoomID
  /**
   * Counts from 1 in each room, without gaps
   */
  seq: number
  timestamp: string
  userId: string
  userName: string
}
/**
 * Somebody else has joined with a socket
 */
export interface UserRef {
  roomId?: RoomID
  userId: string
  userName: string
}
/**
 * Somebody has left
 */
export interface UserRef1 {
  roomId?: RoomID
  userId: string
  userName: string
}
/**
 * Somebody's last device has been gone for ten seconds
 */
export interface UserRef2 {
  roomId?: RoomID
  userId: string
  userName: string
}
/**
 * Somebody's first device has connected
 */
export interface UserRef3 {
  roomId?: RoomID
  userId: string
  userName: string
}
