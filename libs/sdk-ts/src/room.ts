import { Calls } from './calls.js'
import type { WeMaps } from './client.js'
import { Emitter } from './emitter.js'
import { refusal, WeMapsError } from './errors.js'
import type { Live } from './live.js'
import { News } from './news.js'
import { Outbox, type PendingMessage, type SendOptions } from './outbox.js'
import { Timeline } from './timeline.js'
import type { ChatMessage, Confirmed, Fix, Heard, HistoryQuery, Location, Member, MemberState, Room, Sharing, SOS } from './types.js'

export type { PendingMessage, SendOptions } from './outbox.js'

/** What happens in a room. */
export interface RoomEvents {
  /** Somebody has moved. */
  position: Location
  /** Somebody is there, or is not any more. */
  presence: MemberState
  /** Something new was said, each message once and in order; with `kind` the room itself says it. */
  message: ChatMessage
  'message-changed': ChatMessage
  receipt: Heard['message-read']
  typing: Heard['user-typing']
  mentioned: Heard['mentioned']
  /** Somebody asks where this user is. */
  asked: Heard['location-requested']
  /** Somebody shows more or less of themselves. */
  sharing: MemberState
  arrived: Heard['member-arrived']
  straggling: Heard['member-straggling']
  'group-arrived': Heard['group-arrived']
  'eta-changed': Heard['eta-changed']
  /** Somebody calls for help, or says more of an open call. */
  sos: SOS
  /** A call for help was answered or cancelled. */
  'sos-ended': SOS
  /** The room shares another route, or none any more; see Api.route. */
  route: Heard['route-updated']
  /** See Api.geofences. */
  geofences: Heard['geofences-updated']
  'meeting-points': Heard['meeting-points-updated']
  /** A member has come into a geofence, gone out of it, or stayed in it. */
  geofence: Heard['geofence-entered'] & { what: 'entered' | 'exited' | 'dwelled' }
  /** How many look on by share links. */
  viewers: Heard['room-viewers']
  room: Partial<Room>
  /** The room has ended, or the user was taken out of it. */
  closed: { reason: 'closed' | 'expired' | 'removed' }
  error: WeMapsError
  /** Anything of the above: members or messages are different now. */
  change: void
}

/** What it means for somebody who was in the room that they cannot enter it. */
const ends: Readonly<Record<string, RoomEvents['closed']['reason'] | undefined>> = {
  ROOM_EXPIRED: 'expired', ROOM_CLOSED: 'closed', ROOM_NOT_FOUND: 'closed', NOT_MEMBER: 'removed', ACCESS_DENIED: 'removed', BANNED: 'removed',
}

/** What a room keeps of each member that may be heard while an answer about it is on its way. */
type Topic = 'there' | 'strays' | 'shows'
const about = (what: Topic, userId: string) => `${what} ${userId}`

/** After these an answer about the room may be wrong. */
const outdates: ReadonlySet<string> = new Set(['user-joined', 'user-left', 'member-removed', 'room-updated'])

const meetWithin = 1000 // ms
const firstPage = 50
const fillPage = 200

/** A room as it is now. It keeps itself right over reconnects: no message is missed, none comes twice. */
export class LiveRoom extends Emitter<RoomEvents> {
  readonly members = new Map<string, MemberState>()
  /** How far each member has read, by user id. */
  readonly receipts = new Map<string, number>()
  /** The room itself; null until it is known. */
  details: Room | null = null
  private readonly timeline = new Timeline()
  private readonly outbox: Outbox
  private rev = -1 // of the newest change that is known; -1 = not known yet
  private filling = false
  private catching = false
  private fix: { fix: Fix; settle: ((c: Confirmed | null) => void)[]; fail: ((e: unknown) => void)[] } | null = null
  private reporting = false
  private arrivals = 0
  private meeting: ReturnType<typeof setTimeout> | undefined
  private moves = 0 // how often somebody was heard to come or go, or the room to change
  private readonly help = new Calls()
  private readonly news = new News()
  private last: Fix | null = null // where this device was

  /** @internal */
  constructor(
    private readonly live: Live,
    private readonly client: WeMaps,
    readonly id: string,
  ) {
    super()
    this.outbox = new Outbox(
      async (m) => this.message((await this.live.ask('send-message', { roomId: this.id, ...m })) as ChatMessage),
      () => this.live.state === 'online',
      () => this.emit('change'),
    )
  }

  /** What was said, the oldest first, without gaps; more comes with history(). */
  get messages(): readonly ChatMessage[] {
    return this.timeline.messages
  }

  /** Own messages that are not stored yet, the oldest first. */
  get pending(): readonly PendingMessage[] {
    return this.outbox.waiting
  }

  /** Calls for help that are open, by id. */
  get sos(): ReadonlyMap<string, SOS> {
    return this.help.open
  }

  get lastSeq(): number {
    return this.timeline.lastSeq
  }

  /** Whether there are older messages than those here. */
  get hasMore(): boolean {
    return this.timeline.hasMore
  }

  /** Says something. It is sent as soon as there is a connection, and never twice. */
  send(content: string, options: SendOptions = {}): PendingMessage {
    return this.outbox.add(content, options)
  }

  /**
   * Replaces the text that is known here. If it was another one meanwhile, on another device, that stays: MESSAGE_CHANGED. So an
   * edit that is sent again, or comes late, undoes nothing.
   */
  edit = (messageId: string, content: string) => {
    const known = this.byId(messageId)
    const basedOn = known?.editedAt ?? known?.timestamp
    return this.live.ask('edit-message', { roomId: this.id, messageId, content, ...(basedOn && { basedOn }) })
  }
  remove = (messageId: string) => this.live.ask('delete-message', { roomId: this.id, messageId })
  react = (messageId: string, emoji: string, on = true) =>
    this.live.ask('react-to-message', { roomId: this.id, messageId, emoji: emoji as '👍', ...(!on && { remove: true }) })
  typing = (isTyping = true) => this.live.say('typing', { roomId: this.id, isTyping })

  /** Tells that everything up to seq was read. */
  read(seq: number): void {
    this.live.say('mark-read', { roomId: this.id, seq })
    if (this.live.userId !== null && this.live.state === 'online') this.hasRead(this.live.userId, seq)
  }

  /** Shows nothing from now on, or until a moment. Everybody's map forgets the position at once. */
  pause = (until?: Date) => this.live.ask('pause-sharing', { roomId: this.id, ...(until && { until: until.toISOString() }) })
  resume = () => this.live.ask('resume-sharing', { roomId: this.id })
  setPrecision = (precision: Sharing['precision']) => this.live.ask('set-precision', { roomId: this.id, precision })
  /** Where are you? Once a minute for each member, else RATE_LIMITED. */
  askLocation = (userId: string) => this.live.ask('ask-location', { roomId: this.id, userId })

  /** Loads a page of older messages into messages. */
  async history(query: HistoryQuery = {}): Promise<void> {
    const before = query.before ?? this.timeline.messages[0]?.seq
    const page = await this.page({ ...(before !== undefined && { before }), limit: query.limit ?? firstPage })
    this.timeline.earlier(page.messages, page.hasMore)
    this.emit('change')
  }

  /**
   * Reports where this device is. Without a connection the newest fix waits; one that a newer fix replaces resolves to
   * null.
   */
  sendPosition(fix: Fix): Promise<Confirmed | null> {
    return new Promise((resolve, reject) => {
      const at = { recordedAt: new Date().toISOString(), ...fix }
      this.last = at
      for (const settle of this.fix?.settle ?? []) settle(null)
      this.fix = { fix: at, settle: [resolve], fail: [reject] }
      void this.report()
    })
  }

  /**
   * Calls for help, from where this device is, whatever the user shows at other times: the given fix, or else the last one
   * of sendPosition. It goes by REST when there is no connection. Again, while the call is open, is the same call.
   */
  async callForHelp(message?: string, fix: Fix | null = this.last): Promise<SOS> {
    const call = {
      ...(message !== undefined && { message }),
      ...(fix && { latitude: fix.latitude, longitude: fix.longitude, ...(fix.accuracy !== undefined && { accuracy: fix.accuracy }), ...(fix.recordedAt && { recordedAt: fix.recordedAt }) }),
    }
    if (this.live.state === 'online') {
      try {
        return (await this.live.ask('sos', { roomId: this.id, ...call })) as SOS
      } catch (error) {
        if (!(error instanceof WeMapsError) || (error.code !== 'NETWORK' && error.code !== 'TIMEOUT')) throw error
      }
    }
    return this.client.api.callForHelp(this.id, call)
  }

  answerSOS = (sosId: string, message?: string): Promise<SOS> => this.client.api.answerSOS(this.id, sosId, message)
  cancelSOS = (sosId: string): Promise<SOS> => this.client.api.cancelSOS(this.id, sosId)

  /** Stops listening; the user stays a member. */
  leave(): void {
    this.live.say('leave-room', { roomId: this.id })
    this.outbox.close()
    this.forget()
  }

  private forget(): void {
    this.arrivals++ // nobody asks any more
    clearTimeout(this.meeting)
    this.live.forget(this.id)
  }

  /** @internal Runs whenever there is a connection. */
  enter(): void {
    if (this.live.userId === null) return // who looks on is let in by the server, and told where everybody is
    const arriving = this.arrive()
    const arrival = this.arrivals
    void arriving.catch((error: unknown) => {
      if (!(error instanceof WeMapsError)) return
      const reason = ends[error.code]
      if (!this.details || !reason) this.emit('error', error)
      else if (arrival === this.arrivals) this.over(reason) // it ended while nobody listened
    })
    this.outbox.flush()
    void this.report()
  }

  private async arrive(): Promise<void> {
    const arrival = ++this.arrivals
    await this.insist(arrival, () => this.live.ask('join-room', { roomId: this.id }))
    // A chat that does not answer keeps nobody from seeing who is there.
    await Promise.all([this.insist(arrival, () => this.ask()), this.insist(arrival, () => this.listen())])
  }

  /** Asks as often as it takes, while the connection is the one that it is asked for. */
  private async insist(arrival: number, ask: () => Promise<unknown>): Promise<void> {
    for (let tries = 0; this.arrivals === arrival && this.live.state === 'online'; tries++) {
      try {
        await ask()
        return
      } catch (error) {
        if (!(error instanceof WeMapsError) || !error.temporary) throw error
        await new Promise((go) => setTimeout(go, error.retryAfterMs ?? Math.min(1000 * 2 ** tries, 30_000)))
      }
    }
  }

  /** Learns what was said, or what is missing of it. */
  private async listen(): Promise<void> {
    if (this.timeline.started) await this.fill()
    else await this.start()
    await this.catchUp()
  }

  private async start(): Promise<void> {
    const page = await this.page({ limit: firstPage })
    if (this.rev < 0) this.rev = page.rev ?? 0
    this.tell(this.timeline.begin(page.messages, page.hasMore))
    this.emit('change')
    if (this.timeline.gap) await this.fill()
  }

  /** Asks for what is missing after lastSeq, until nothing is. */
  private async fill(): Promise<void> {
    if (this.filling) return
    this.filling = true
    try {
      for (let more = true; more; ) {
        const page = await this.page({ after: this.timeline.lastSeq, limit: fillPage })
        this.tell(this.timeline.missed(page.messages))
        more = page.hasMore && page.messages.length > 0
      }
    } finally {
      this.filling = false
    }
  }

  /** Asks for the changes after rev. */
  private async catchUp(): Promise<void> {
    if (this.rev < 0 || this.catching) return
    this.catching = true
    try {
      for (let more = true; more; ) {
        const page = await this.page({ after: this.timeline.lastSeq, limit: 1, afterRev: this.rev })
        for (const m of page.changed ?? []) this.changed(m)
        this.rev = Math.max(this.rev, page.rev ?? 0)
        more = page.hasMoreChanged === true
      }
    } finally {
      this.catching = false
    }
  }

  /** Learns who is in the room, and what it is. What cannot be told now is no reason not to take the rest. */
  private async ask(): Promise<void> {
    const { api } = this.client
    const then = this.news.now
    const known = [...this.sos.keys()]
    let missing: WeMapsError | null = null
    const spare = <T>(reading: Promise<T>) => reading.catch((error: unknown) => {
      if (error instanceof WeMapsError && error.temporary) missing = error
      return null
    })
    // What was heard meanwhile is newer than the answer.
    const heard = (what: Topic, who: { userId: string }) => this.news.since(then, about(what, who.userId))
    // Who is here waits for nothing else.
    const here = Promise.all([this.current(), spare(api.whereabouts(this.id))]).then(([room, seen]) => {
      this.took(room)
      for (const m of seen?.members ?? []) if (!this.isMe(m.userId) && !heard('there', m)) this.connected(m.userId, m.online)
    })
    const [receipts, calls, shown, way] = await Promise.all([
      spare(api.receipts(this.id)), spare(api.sos(this.id)), spare(api.sharing(this.id)), spare(api.navigation(this.id)), here,
    ])
    if (calls) this.calls(known, calls)
    for (const r of receipts ?? []) this.hasRead(r.userId, r.seq)
    for (const w of way?.members ?? []) if (this.members.has(w.userId) && !heard('strays', w)) this.know(w).straggling = w.straggling
    for (const s of shown ? [shown.sharing, ...shown.members] : []) if (!heard('shows', s)) this.shows(s)
    if (missing) throw missing as WeMapsError // is asked for again
  }

  /** The room as it is. Who comes or goes while the answer is on its way may be wrong in it: then it is asked for again. */
  private async current(): Promise<Room> {
    for (let tries = 0; ; tries++) {
      const before = this.moves
      const room = await this.client.api.room(this.id)
      if (this.moves === before || tries === 3) return room
    }
  }

  private took(room: Partial<Room>): void {
    if (room.members) {
      const active = room.members.filter((m) => m.status === 'active')
      for (const m of active) this.know(m)
      const ids = new Set(active.map((m) => m.userId))
      for (const id of this.members.keys()) if (!ids.has(id)) this.members.delete(id)
    }
    const { members: _, ...details } = room
    if (this.details) this.details = { ...this.details, ...details }
    else if (details.id) this.details = details as Room
    this.emit('room', room)
    this.emit('change')
  }

  private page(query: Record<string, number>): Promise<Heard['chat-history']> {
    return this.live.ask('request-chat-history', { roomId: this.id, system: true, ...query }) as Promise<Heard['chat-history']>
  }

  private async report(): Promise<void> {
    if (this.reporting || !this.fix || this.live.state !== 'online') return
    const report = this.fix
    this.fix = null
    this.reporting = true
    try {
      const confirmed = (await this.live.ask('location-update', { roomId: this.id, ...report.fix })) as Confirmed
      for (const settle of report.settle) settle(confirmed)
    } catch (error) {
      if (error instanceof WeMapsError && error.temporary && error.code !== 'RATE_LIMITED' && !this.fix && !this.live.over) {
        this.fix = report // the next connection takes it along
      } else {
        for (const fail of report.fail) fail(error)
      }
    } finally {
      this.reporting = false
    }
    if (this.fix !== report) void this.report()
  }

  /** @internal */
  hear<E extends keyof Heard>(event: E, payload: Heard[E]): void {
    if (outdates.has(event)) this.moves++
    const handler = handlers[event] as ((room: LiveRoom, payload: Heard[E]) => void) | undefined
    handler?.(this, payload)
  }

  /** @internal */
  message(m: ChatMessage): void {
    this.tell(this.timeline.hear(m))
    if (m.clientId && m.userId === this.live.userId) this.outbox.heard(m.clientId)
    if (this.timeline.gap) void this.fill().catch(() => undefined) // or at the next connection
  }

  private tell(fresh: ChatMessage[]): void {
    for (const m of fresh) this.emit('message', m)
    if (fresh.length > 0) this.emit('change')
  }

  /** @internal Takes the next change; one that is not the next means that some were missed. */
  step(rev: number, m: ChatMessage | undefined, whole = true): void {
    if (rev <= this.rev) return
    const next = this.rev < 0 || rev === this.rev + 1
    if (next && this.rev >= 0) this.rev = rev
    if (m && (next || whole)) this.changed(m) // else what it does not say may have changed before it
    if (!next) void this.catchUp().catch(() => undefined) // or at the next connection
  }

  private changed(m: ChatMessage): void {
    if (!this.timeline.change(m)) return
    this.emit('message-changed', m)
    this.emit('change')
  }

  /** @internal */
  byId(id: string): ChatMessage | undefined {
    return this.timeline.byId(id)
  }

  /** @internal */
  know(who: { userId: string; userName: string } & Partial<Member>): MemberState {
    let m = this.members.get(who.userId)
    if (!m) {
      m = { userId: who.userId, userName: who.userName, role: 'member', joinOrder: this.members.size + 1, online: who.userId === this.live.userId, arrived: false, straggling: false, paused: false, precision: 'exact' }
      this.members.set(who.userId, m)
      this.moves++ // an answer that was made before does not know them, and must not take them and their position away
    }
    m.userName = who.userName
    if (who.role) m.role = who.role
    if (who.nickname) m.nickname = who.nickname
    if (who.joinOrder) m.joinOrder = who.joinOrder
    return m
  }

  /** @internal Somebody is a member now, and need not be connected for it. What they are called here is asked for once of many. */
  meet(who: { userId: string; userName: string }): void {
    if (this.members.has(who.userId)) return
    this.know(who)
    this.emit('change')
    if (this.live.userId === null) return // who looks on is told all that they may know
    this.meeting ??= setTimeout(() => {
      this.meeting = undefined
      void this.current().then((room) => this.took(room), () => undefined)
    }, meetWithin)
  }

  /** @internal */
  there(who: { userId: string; userName: string }, online: boolean): void {
    this.heardOf('there', who.userId)
    this.meet(who) // who has left and is back may be anything
    this.know(who)
    this.connected(who.userId, online)
  }

  private connected(userId: string, online: boolean): void {
    const m = this.members.get(userId)
    if (!m || m.online === online) return
    m.online = online
    this.emit('presence', m)
    this.emit('change')
  }

  /** @internal */
  hasRead(userId: string, seq: number): void {
    if (seq <= (this.receipts.get(userId) ?? -1)) return
    this.receipts.set(userId, seq)
    this.emit('change')
  }

  /** @internal Takes what somebody shows of themselves; of strangers there is nothing to keep. */
  shows(s: Pick<Sharing, 'userId' | 'paused' | 'precision'>): void {
    const m = this.members.get(s.userId)
    if (!m || (m.paused === s.paused && m.precision === s.precision)) return
    m.paused = s.paused
    m.precision = s.precision
    this.emit('sharing', m)
    this.emit('change')
  }

  /** @internal */
  hidden(userId: string): void {
    const m = this.members.get(userId)
    if (!m?.position) return
    delete m.position
    this.emit('change')
  }

  /** @internal What comes by itself; answers say it without. */
  heardOf(what: Topic, userId: string): void {
    this.news.hear(about(what, userId))
  }

  /** @internal */
  called(call: SOS): void {
    const what = this.help.hear(call)
    if (what === null) return
    this.emit(what === 'raised' ? 'sos' : 'sos-ended', call)
    this.emit('change')
  }

  /** Those that have ended while nobody listened are gone. */
  private calls(known: string[], open: SOS[]): void {
    if (this.help.forget(known, open)) this.emit('change')
    for (const c of open) this.called(c)
  }

  /** @internal */
  moved(l: Location): void {
    const m = this.know(l)
    if (m.position && Date.parse(m.position.recordedAt) > Date.parse(l.recordedAt)) return
    m.position = l
    m.arrived = l.arrived === true
    this.emit('position', l)
    this.emit('change')
  }

  /** @internal */
  gone(userId: string): void {
    const m = this.members.get(userId)
    if (!m) return
    m.online = false
    delete m.position
    this.members.delete(userId)
    this.emit('presence', m)
    this.emit('change')
  }

  /** @internal */
  over(reason: RoomEvents['closed']['reason']): void {
    this.outbox.close()
    this.forget()
    this.emit('closed', { reason })
  }

  /** @internal */
  pass<E extends keyof RoomEvents>(event: E, payload: RoomEvents[E]): void {
    this.emit(event, ...([payload] as never))
  }

  /** @internal */
  update(room: Partial<Room>): void {
    this.took(room)
  }

  /** @internal */
  isMe(userId: string): boolean {
    return userId === this.live.userId
  }
}

type Handlers = { [E in keyof Heard]?: (room: LiveRoom, payload: Heard[E]) => void }

/** Events whose answers somebody waits for. */
const asked = new Set(['join-room', 'location-update', 'send-message', 'request-chat-history', 'edit-message', 'delete-message', 'react-to-message', 'sos', 'pause-sharing', 'resume-sharing', 'set-precision', 'ask-location'])

/** What a room does about each event. */
const handlers: Handlers = {
  'location-updated': (r, l) => {
    r.there(l, true)
    r.moved(l)
  },
  'room-locations': (r, all) => {
    for (const l of all.locations) r.moved(l as Location)
  },
  'user-joined': (r, u) => r.there(u, true),
  'user-online': (r, u) => r.there(u, true),
  'user-offline': (r, u) => r.there(u, false),
  'user-left': (r, u) => r.gone(u.userId),
  'member-removed': (r, u) => (r.isMe(u.userId) ? r.over('removed') : r.gone(u.userId)),
  'room-closed': (r, why) => r.over(why.reason === 'expired' ? 'expired' : 'closed'),
  'room-updated': (r, u) => r.update(u.room as Partial<Room>),
  'new-message': (r, m) => r.message(m as ChatMessage),
  'system-message': (r, m) => {
    r.message(m as ChatMessage)
    if (m.kind === 'joined') r.meet(m)
  },
  'chat-history': (r, page) => {
    for (const m of page.messages) r.message(m as ChatMessage)
  },
  'message-edited': (r, m) => r.step(m.rev ?? 0, m as ChatMessage),
  'message-deleted': (r, d) => {
    const m = r.byId(d.id)
    r.step(d.rev, m && { ...m, content: '', rev: d.rev, deletedAt: d.deletedAt, deletedBy: d.deletedBy, reactions: [] })
  },
  'message-reaction': (r, d) => {
    const m = r.byId(d.id)
    r.step(d.rev, m && { ...m, rev: d.rev, reactions: d.reactions as NonNullable<ChatMessage['reactions']> }, false)
  },
  'sharing-changed': (r, x) => {
    r.heardOf('shows', x.userId)
    r.shows(x)
  },
  'location-removed': (r, x) => r.hidden(x.userId),
  'location-requested': (r, x) => {
    if (r.isMe(x.userId)) r.pass('asked', x)
  },
  'message-read': (r, x) => {
    r.hasRead(x.userId, x.seq)
    r.pass('receipt', x)
  },
  'user-typing': (r, x) => r.pass('typing', x),
  mentioned: (r, x) => r.pass('mentioned', x),
  'member-arrived': (r, x) => {
    r.know(x).arrived = true
    r.pass('arrived', x)
    r.pass('change', undefined)
  },
  'member-straggling': (r, x) => {
    r.heardOf('strays', x.userId)
    r.know(x).straggling = x.straggling
    r.pass('straggling', x)
    r.pass('change', undefined)
  },
  'group-arrived': (r, x) => r.pass('group-arrived', x),
  'eta-changed': (r, x) => r.pass('eta-changed', x),
  'sos-raised': (r, c) => r.called(c as SOS),
  'sos-answered': (r, c) => r.called(c as SOS),
  'sos-cancelled': (r, c) => r.called(c as SOS),
  'route-updated': (r, x) => r.pass('route', x),
  'geofences-updated': (r, x) => r.pass('geofences', x),
  'meeting-points-updated': (r, x) => r.pass('meeting-points', x),
  'room-viewers': (r, x) => r.pass('viewers', x),
  'geofence-entered': (r, x) => r.pass('geofence', { ...x, what: 'entered' }),
  'geofence-exited': (r, x) => r.pass('geofence', { ...x, what: 'exited' }),
  'geofence-dwelled': (r, x) => r.pass('geofence', { ...x, what: 'dwelled' }),
  error: (r, x) => {
    const e = refusal(x)
    if (e && !asked.has(x.event ?? '')) r.pass('error', e)
  },
}
