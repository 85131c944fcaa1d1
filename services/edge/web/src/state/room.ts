import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import type { ChatMessage, Live, LiveRoom, MemberState, PendingMessage, Room, RoomEvents, SOS } from '@wemaps/sdk'

import { unreadAfter } from '../chat/items'
import { codeOf, say } from '../errors'
import { t } from '../i18n'
import { wm } from '../sdk'
import { Places } from './places'
import { live, user } from './session'
import { detach, goOn } from './sharing'
import { inOrder, nameOf } from './status'
import { complain, toast } from './toasts'

const chatEvery = 16 // ms
const peopleEvery = 500 // ms: fifty members at one fix a second are fifty changes a second
const typingFor = 5000 // ms

/** What means that a room cannot be entered. */
const shut = new Set(['ROOM_NOT_FOUND', 'ROOM_EXPIRED', 'ROOM_CLOSED', 'ACCESS_DENIED', 'NOT_MEMBER', 'BANNED'])

/** A room of the user's as screens show it. It goes on while another screen is shown. */
export class RoomStore {
  readonly room = signal<Room | null>(null)
  readonly members = signal<readonly MemberState[]>([])
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

  private chatTimer: ReturnType<typeof setTimeout> | undefined
  private peopleTimer: ReturnType<typeof setTimeout> | undefined
  private readonly typists = new Map<string, { userName: string; timer: ReturnType<typeof setTimeout> }>()
  private readonly offs: (() => void)[]

  constructor(readonly live: LiveRoom, me: string | null) {
    this.me = me
    this.unread = computed(() => (this.readUpTo.value === null ? 0 : unreadAfter(this.messages.value, this.readUpTo.value, me)))
    this.offs = [
      live.on('change', () => this.soon()),
      live.on('room', () => (this.room.value = live.details)),
      live.on('message', (m) => this.said(m)),
      live.on('typing', (x) => this.types(x.userId, x.userName, x.isTyping)),
      live.on('group-arrived', () => toast(t('group.arrived'))),
      live.on('closed', ({ reason }) => {
        detach(live.id)
        this.ended.value = reason
      }),
      live.on('asked', (x) => (this.asked.value = { by: x.askedBy, name: x.askedByName })),
      live.on('error', (error) => {
        const code = codeOf(error)
        if (shut.has(code) && !this.room.peek()) this.refused.value = { code, text: say(error) }
        else if (!error.temporary) complain(error)
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
    this.chatTimer ??= setTimeout(() => this.tellChat(), chatEvery)
    this.peopleTimer ??= setTimeout(() => this.tellPeople(), this.members.peek().length === 0 ? chatEvery : peopleEvery)
  }

  private tellChat(): void {
    this.chatTimer = undefined
    const { live } = this
    if (differs(this.messages.peek(), live.messages)) this.messages.value = [...live.messages]
    this.pending.value = [...live.pending]
    this.hasMore.value = live.hasMore
    if (live.receipts.size > 0) this.receipts.value = new Map(live.receipts)
  }

  private tellPeople(): void {
    this.peopleTimer = undefined
    if (this.sos.peek().length > 0 || this.live.sos.size > 0) this.sos.value = [...this.live.sos.values()]
    this.members.value = inOrder([...this.live.members.values()].map((m) => ({ ...m })), this.me)
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
    clearTimeout(this.chatTimer)
    clearTimeout(this.peopleTimer)
    for (const x of this.typists.values()) clearTimeout(x.timer)
  }
}

/** Messages are replaced when they change, never altered. */
function differs(a: readonly ChatMessage[], b: readonly ChatMessage[]): boolean {
  if (a.length !== b.length) return true
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return true
  return false
}

const open = new Map<string, RoomStore>()
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
