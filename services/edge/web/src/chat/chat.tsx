import { useSignal } from '@preact/signals'
import type { ChatMessage } from '@wemaps/sdk'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'

import { dayName, names } from '../format'
import { t } from '../i18n'
import type { RoomStore } from '../state/room'
import { attempt } from '../state/toasts'
import { Confirm } from '../ui/dialog'
import { Icon } from '../ui/icons'
import { Empty } from '../ui/kit'
import { Composer } from './composer'
import { itemsOf, systemText, type Item } from './items'
import { Message, Pending, type MessageProps } from './message'
import { useScroll } from './scroll'
import { moved, windowOf } from './window'

const near = 400 // px to an end of the messages at which more are taken in

/** The chat of a room. The document has a bounded part of it, however long it is. */
export function Chat({ store, shown, onFocus }: { store: RoomStore; shown: boolean; onFocus: () => void }) {
  const from = useSignal<number | null>(null)
  const loading = useRef(false)
  const [reply, setReply] = useState<ChatMessage | null>(null)
  const [editing, setEditing] = useState<ChatMessage | null>(null)
  const [deleting, setDeleting] = useState<ChatMessage | null>(null)
  const all = store.messages.value
  const { start, end } = windowOf(all, from.value)
  const mark = store.markedAfter.value
  const items = useMemo(() => itemsOf(all.slice(start, end), mark, store.me), [all, start, end, mark])
  const scroll = useScroll([items, store.pending.value, shown])
  useReading(store, shown, scroll.atEnd.value && end === all.length)

  const onScroll = async () => {
    scroll.track()
    const list = scroll.ref.current!
    if (scroll.atEnd.value && end === all.length) {
      from.value = null
    } else if (from.value === null && all[start]) {
      from.value = all[start].seq // what is looked at stays when something new comes
    }
    if (list.scrollTop < near && !loading.current) {
      if (start > 0) from.value = moved(all, from.value, -1)
      else if (store.hasMore.value) {
        loading.current = true
        await attempt(() => store.live.history())
        loading.current = false
      }
    } else if (list.scrollHeight - list.scrollTop - list.clientHeight < near && end < all.length) {
      from.value = moved(all, from.value, 1)
    }
  }
  const toEnd = () => {
    from.value = null
    scroll.toEnd()
  }
  const jump = (id: string) => {
    const m = all.find((x) => x.id === id)
    if (!m) return
    if (m.seq < (all[start]?.seq ?? 0)) from.value = all[Math.max(0, all.indexOf(m) - 10)]!.seq
    scroll.show(id)
  }

  const role = store.role.value
  const seen = useSeen(store)
  const byId = useMemo(() => new Map(all.map((m) => [m.id, m])), [all])
  const common: Omit<MessageProps, 'message' | 'first' | 'last' | 'answered' | 'canDelete' | 'seen'> = {
    me: store.me,
    nameOf: store.nameOf,
    onReact: (m, emoji, on) => void attempt(() => store.live.react(m.id, emoji, on)),
    onReply: (m) => {
      setEditing(null)
      setReply(m)
    },
    onEdit: (m) => {
      setReply(null)
      setEditing(m)
    },
    onDelete: setDeleting,
    onJump: jump,
  }
  const line = (item: Item) => {
    if (item.type === 'day') return <li key={item.key} class="day" data-key={item.key}><span>{dayName(item.at)}</span></li>
    if (item.type === 'new') return <li key="new" class="new" data-key="new"><span>{t('chat.new')}</span></li>
    if (item.type === 'system') {
      const m = item.message
      return <li key={item.key} class={`system ${m.kind === 'sos' ? 'sos' : ''}`} data-key={item.key}><span>{systemText(m, store.nameOf)}</span></li>
    }
    const m = item.message
    return (
      <Message key={item.key} message={m} first={item.first} last={item.last} answered={m.replyTo ? byId.get(m.replyTo) : undefined}
        canDelete={m.userId === store.me || role === 'owner' || role === 'admin'} seen={seen?.id === m.id ? seen.text : undefined} {...common} />
    )
  }

  return (
    <div class="chat">
      <ol ref={scroll.ref} class="messages" aria-label={t('chat.log')} tabIndex={0} onScroll={() => void onScroll()}>
        {start === 0 && all.length > 0 && <li class="system" data-key="start"><span>{store.hasMore.value ? t('chat.older') : t('chat.start')}</span></li>}
        {items.map(line)}
        {end === all.length && store.pending.value.map((m) => <Pending key={m.clientId} message={m} />)}
        {all.every((m) => m.kind) && store.pending.value.length === 0 && <li class="chat-empty"><Empty title={t('chat.empty')}><p>{t('chat.emptyHint')}</p></Empty></li>}
      </ol>
      {(!scroll.atEnd.value || end < all.length) && (
        <button type="button" class="latest" onClick={toEnd} aria-label={t('chat.latest')} title={t('chat.latest')}>
          <Icon name="down" size={20} />
          {store.unread.value > 0 && <span class="badge" aria-hidden="true">{store.unread.value}</span>}
        </button>
      )}
      <Typing store={store} />
      <Composer store={store} reply={reply} editing={editing} onFocus={onFocus}
        onDone={() => {
          if (!editing) toEnd()
          setReply(null)
          setEditing(null)
        }}
        onEditLast={() => setEditing(all.findLast((m) => m.userId === store.me && !m.kind && !m.deletedAt) ?? null)} />
      {deleting && <Confirm title={t('chat.deleteSure')} hint={t('chat.deleteHint')} action={t('chat.delete')} onClose={() => setDeleting(null)}
        run={() => store.live.remove(deleting.id)} />}
    </div>
  )
}

/** Tells that messages were read while somebody looks at the newest one, and keeps the marker of unread ones. */
function useReading(store: RoomStore, shown: boolean, atEnd: boolean): void {
  const known = store.readUpTo.value !== null
  useEffect(() => {
    if (shown && known) store.markedAfter.value = store.readUpTo.peek()
  }, [shown, known])
  useEffect(() => {
    const look = () => {
      if (document.hidden) store.markedAfter.value = store.readUpTo.peek()
      else if (shown && atEnd && known) store.read()
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [store.messages.value, shown, atEnd, known])
}

/** Who has seen the newest own message that anybody has seen or that is the newest of all own ones. */
function useSeen(store: RoomStore): { id: string; text: string } | null {
  const mine = store.messages.value.findLast((m) => m.userId === store.me && !m.kind && !m.deletedAt)
  if (!mine) return null
  const others = store.roster.value.filter((m) => m.userId !== store.me)
  const readers = others.filter((m) => (store.receipts.value.get(m.userId) ?? 0) >= mine.seq)
  if (readers.length === 0) return { id: mine.id, text: t('chat.sent') }
  if (readers.length === others.length && others.length > 1) return { id: mine.id, text: t('chat.seenAll') }
  return { id: mine.id, text: t('chat.seenBy', { names: names(readers.map((m) => store.nameOf(m.userId, m.userName))) }) }
}

function Typing({ store }: { store: RoomStore }) {
  const who = store.typing.value.map((x) => store.nameOf(x.userId, x.userName))
  const text = who.length === 0 ? '' : who.length === 1 ? t('typing.one', { a: who[0]! }) : who.length === 2 ? t('typing.two', { a: who[0]!, b: who[1]! }) : t('typing.many')
  return <p class="typing">{text}</p>
}
