import { batch, computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals'
import type { ChatMessage, Live, LiveRoom, MemberState, PendingMessage, Room, RoomEvents, SOS } from '@wemaps/sdk'

import { unreadAfter } from '../chat/items'
import { codeOf, say } from '../errors'
import { t } from '../i18n'
import { wm } from '../sdk'
import { now } from './clock'
import { Places } from './places'
import { live, user } from './session'
import { detach, goOn } from './sharing'
import { inOrder, nameOf } from './status'
import { complain, toast } from './toasts'
import { holds } from './version'

const settle = 16 // ms, in which several changes are one
const typingFor = 5000 // ms

/** What means that a room cannot be entered. */
const shut = new Set(['ROOM_NOT_FOUND', 'ROOM_EXPIRED', 'ROOM_CLOSED', 'ACCESS_DENIED', 'NOT_MEMBER', 'BANNED'])

/** A room of the user's as screens show it. It goes on while another screen is shown. */
export class RoomStore {
  readonly room = signal<Room | null>(null)
  /** The members with their positions; each second, when they do nothing but move. */
  readonly members = signal<readonly MemberState[]>([])
  /** The members, for who need not know where they are: another list only when something else is different. */
  readonly roster: ReadonlySignal<readonly MemberState[]>
  /** What the user is in this room. */
  readonly role: ReadonlySignal<MemberState['role'] | undefined>
  readonly messages = signal<readonly ChatMessage[]>([])
  readonly pending = signal<readonly PendingMessage[]>([])
  readonly receipts = signal<ReadonlyMap<string, number>>(new Map())
  readonly typing = signal<readonly { userId: string; userName: string }[]>([])
  readonly hasMore = signal(false)
  /** Up to here the user has read; null until it is known. */
  readonly readUpTo = signal<number | null>(null)
  /** After this the chat was unread when it was last opened. */
  readonly markedAfter = signal<number | null>(null)
  readonly ended = signal<RoomEvents['closed']['reason'] | null>(null)
  /** Why the room cannot be entered. */
  readonly refused = signal<{ code: string; text: string } | null>(null)
  /** The newest message of somebody else, for who listens and does not look. */
  readonly heard = signal<ChatMessage | null>(null)
  /** Calls for help that are open. */
  readonly sos = signal<readonly SOS[]>([])
  /** Who wants to know where the user is. */
  readonly asked = signal<{ by: string; name: string } | null>(null)
  readonly unread: ReadonlySignal<number>
  /** What the map shows besides the members; null for who only looks. */
  readonly places: Places | null
  readonly me: string | null

  private timer: ReturnType<typeof setTimeout> | undefined
  private onlyMoved = false // since the last change
  private moved = false // since members were told
  private readonly typists = new Map<string, { userName: string; timer: ReturnType<typeof setTimeout> }>()
  private readonly offs: (() => void)[]

  constructor(readonly live: LiveRoom, me: string | null) {
    this.me = me
    this.unread = computed(() => (this.readUpTo.value === null ? 0 : unreadAfter(this.messages.value, this.readUpTo.value, me)))
    let known: readonly MemberState[] = []
    this.roster = computed(() => (known = sameBut(known, this.members.value) ? known : this.members.value))
    this.role = computed(() => this.roster.value.find((m) => m.userId === me)?.role)
    this.offs = [
      live.on('position', () => (this.onlyMoved = this.moved = true)),
      live.on('change', () => {
        if (!this.onlyMoved || this.members.peek().length === 0) this.soon()
        this.onlyMoved = false
      }),
      effect(() => {
        // Fifty members at one fix a second are fifty changes a second: they are shown with the clock.
        if (now.value && this.moved) untracked(() => this.tellPeople())
      }),
      live.on('room', () => (this.room.value = live.details)),
      live.on('message', (m) => this.said(m)),
      live.on('typing', (x) => this.types(x.userId, x.userName, x.isTyping)),
      live.on('group-arrived', () => toast(t('group.arrived'))),
      live.on('sos-ended', (c) => {
        if (!me || c.state !== 'answered' || c.endedBy === me) return
        const name = this.nameOf(c.endedBy ?? '', c.endedByName ?? '')
        toast(c.userId === me ? t('sos.answeredMine', { name }) : t('sos.answered', { name, other: this.nameOf(c.userId, c.userName) }))
      }),
      live.on('closed', ({ reason }) => {
        detach(live.id)
        this.ended.value = reason
      }),
      live.on('asked', (x) => (this.asked.value = { by: x.askedBy, name: x.askedByName })),
      live.on('error', (error) => {
        const code = codeOf(error)
        if (shut.has(code) && !this.room.peek()) this.refused.value = { code, text: say(error) }
        else if (!error.temporary && me) complain(error) // who only looks on sees that the link is over
      }),
    ]
    if (me) {
      void this.askUnread()
      void goOn(live)
    }
    this.places = me ? new Places(live, this.sos) : null
    this.soon()
  }

  private async askUnread(): Promise<void> {
    try {
      this.readUpTo.value = (await wm.api.unread(this.live.id)).readSeq
    } catch {
      this.readUpTo.value = this.live.lastSeq // then everything from now on is new
    }
  }

  /** Several changes at once are one for the screen. */
  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      batch(() => {
        this.tellChat()
        this.tellPeople()
      })
    }, settle)
  }

  private tellChat(): void {
    const { live } = this
    if (differs(this.messages.peek(), live.messages)) this.messages.value = [...live.messages]
    if (this.pending.peek().length > 0 || live.pending.length > 0) this.pending.value = [...live.pending]
    this.hasMore.value = live.hasMore
    const receipts = this.receipts.peek()
    if ([...live.receipts].some(([id, seq]) => receipts.get(id) !== seq)) this.receipts.value = new Map(live.receipts)
  }

  private tellPeople(): void {
    this.moved = false
    if (this.sos.peek().length > 0 || this.live.sos.size > 0) this.sos.value = [...this.live.sos.values()]
    const before = new Map(this.members.peek().map((m) => [m.userId, m]))
    // Who is as before stays the same object, which is how screens know.
    const all = [...this.live.members.values()].map((m) => {
      const old = before.get(m.userId)
      return old && same(old, m) ? old : { ...m }
    })
    this.members.value = inOrder(all, this.me)
  }

  private said(m: ChatMessage): void {
    if (m.userId === this.me) return
    this.types(m.userId, m.userName, false)
    this.heard.value = m
  }

  private types(userId: string, userName: string, isTyping: boolean): void {
    const known = this.typists.get(userId)
    if (known) clearTimeout(known.timer)
    if (isTyping) this.typists.set(userId, { userName, timer: setTimeout(() => this.types(userId, userName, false), typingFor) })
    else if (!this.typists.delete(userId)) return
    this.typing.value = [...this.typists].map(([id, x]) => ({ userId: id, userName: x.userName }))
  }

  /** The user looks at the newest message. */
  read(): void {
    const seq = this.live.lastSeq
    const before = this.readUpTo.peek()
    if (before === null || seq <= before) return
    this.readUpTo.value = seq
    this.live.read(seq)
  }

  /** What a user is called here. */
  nameOf = (userId: string, otherwise: string): string => {
    const m = this.live.members.get(userId)
    return m ? nameOf(m) : otherwise
  }

  close(): void {
    detach(this.live.id)
    this.places?.close()
    for (const off of this.offs) off()
    clearTimeout(this.timer)
    for (const x of this.typists.values()) clearTimeout(x.timer)
  }
}

function same(a: MemberState, b: MemberState, but?: keyof MemberState): boolean {
  const keys = Object.keys(b) as (keyof MemberState)[]
  return keys.every((k) => k === but || a[k] === b[k]) && (Object.keys(a) as (keyof MemberState)[]).every((k) => k === but || k in b)
}

/** Whether nothing but where they are is different. */
const sameBut = (a: readonly MemberState[], b: readonly MemberState[]): boolean =>
  a.length === b.length && a.every((m, i) => m === b[i] || (same(m, b[i]!, 'position') && !m.position === !b[i]!.position))

/** Messages are replaced when they change, never altered. */
function differs(a: readonly ChatMessage[], b: readonly ChatMessage[]): boolean {
  if (a.length !== b.length) return true
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return true
  return false
}

const open = new Map<string, RoomStore>()
holds(() => [...open.values()].some((s) => s.pending.peek().length > 0))
let of: Live | null = null

function forgetAll(): void {
  for (const store of open.values()) store.close()
  open.clear()
}

/** The store of a room; null without a connection of its user. */
export function openRoom(id: string): RoomStore | null {
  const l = live.value
  if (!l) return null
  if (of !== l) {
    forgetAll()
    of = l
  }
  let store = open.get(id)
  if (!store || store.ended.peek() || store.refused.peek()) {
    store?.close()
    store = new RoomStore(l.room(id), user.peek()?.id ?? null)
    open.set(id, store)
  }
  return store
}

/** Ends what goes on for a room that the user has left. */
export function leftRoom(id: string): void {
  const store = open.get(id)
  if (!store) return
  store.live.leave()
  store.close()
  open.delete(id)
}

effect(() => {
  if (!live.value) forgetAll()
})
