import { useSignal } from '@preact/signals'
import type { Room } from '@wemaps/sdk'
import { useEffect, useRef, useState } from 'preact/hooks'

import { Chat } from '../chat/chat'
import { span } from '../format'
import { t } from '../i18n'
import { go } from '../router'
import { wm } from '../sdk'
import { now } from '../state/clock'
import { loadRooms } from '../state/rooms'
import { leftRoom, openRoom, type RoomStore } from '../state/room'
import { live } from '../state/session'
import { share, sharedWith } from '../state/sharing'
import { attempt } from '../state/toasts'
import { Confirm, Dialog } from '../ui/dialog'
import { Journey } from '../ui/journey'
import { Button, Empty, IconButton, Main, Spinner } from '../ui/kit'
import { later } from '../ui/later'
import { Menu } from '../ui/menu'
import { Page } from '../ui/shell'
import { EditRoom } from './edit'
import { Invite } from './invite'
import { RoomMap } from './map'
import { Me } from './me'
import { Members } from './members'
import { Sheet, type Size } from './sheet'
import { Shares } from './shares'
import { Calls, whereNow } from './sos'
import { Tabs } from './tabs'

const Areas = later(() => import('../editors/areas').then((m) => m.Areas), 'quiet')
const RouteEditor = later(() => import('../editors/route').then((m) => m.RouteEditor), 'quiet')
const RecordingEditor = later(() => import('../editors/tracks').then((m) => m.RecordingEditor), 'quiet')

export function RoomScreen({ id }: { id: string }) {
  const [store, setStore] = useState<RoomStore | null>(null)
  useEffect(() => setStore(openRoom(id)), [id, live.value])
  if (!store || store.live.id !== id) return <Spinner label={t('app.loading')} whole />
  if (store.refused.value) return <Gone title={store.refused.value.text} />
  if (store.ended.value) return <Gone title={t(`room.gone.${store.ended.value}`)} hint={t('room.goneHint')} />
  return <RoomPage store={store} />
}

function Gone({ title, hint }: { title: string; hint?: string }) {
  return (
    <Page>
      <div role="alert">
        <Empty whole title={title} art={<Journey />}>
          {hint && <p>{hint}</p>}
          <a class="button main" href="/"><span>{t('join.toRooms')}</span></a>
        </Empty>
      </div>
    </Page>
  )
}

type Open = 'route' | 'areas' | 'recording' | 'sos' | 'invite' | 'shares' | 'edit' | 'leave' | 'close' | null

function RoomPage({ store }: { store: RoomStore }) {
  const [tab, setTab] = useState<'people' | 'chat'>('people')
  const [size, setSize] = useState<Size>('half')
  const [open, setOpen] = useState<Open>(null)
  const focus = useSignal<{ userId: string } | null>(null)
  const room = store.room.value
  const unread = store.unread.value
  const chatShown = tab === 'chat' && (size !== 'peek' || matchMedia('(min-width: 800px)').matches)

  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${room?.name ?? 'WeMaps'}`
    return () => void (document.title = 'WeMaps')
  }, [room?.name, unread])

  const calls = store.sos.value.length
  useEffect(() => {
    if (calls > 0 && size === 'peek') setSize('half') // nobody's call is behind what is drawn down
  }, [calls])

  const show = (userId: string) => {
    focus.value = { userId }
    if (size === 'full') setSize('half')
  }
  return (
    <div class={`room ${size}`}>
      <RoomBar store={store} onOpen={setOpen} />
      <Main>
        <Sheet size={size} onSize={setSize} label={t('room.panel')}>
          <Calls store={store} onShow={show} />
          <Tabs label={t('room.panel')} active={tab} onTab={(next) => {
            setTab(next)
            if (size === 'peek' || next === 'people') setSize('half')
          }} tabs={[
            { id: 'people', label: t('room.people'), icon: 'people', count: store.roster.value.length },
            { id: 'chat', label: t('room.chat'), icon: 'chat', badge: unread },
          ]}>
            <div class="people" hidden={tab !== 'people'}>
              <Me store={store} />
              <Members store={store} onShow={show} onInvite={() => setOpen('invite')} />
            </div>
            <div class="chat-place" hidden={tab !== 'chat'}>
              <Chat store={store} shown={chatShown} onFocus={() => setSize('full')} />
            </div>
          </Tabs>
        </Sheet>
        <div class="room-map">
          <RoomMap room={store.live} focus={focus.value} meId={store.me} {...(store.places && { overlays: store.places.overlays })} />
        </div>
      </Main>
      <Announcer store={store} />
      <Asked store={store} />
      {room && <Dialogs store={store} room={room} open={open} onClose={() => setOpen(null)} />}
    </div>
  )
}

function RoomBar({ store, onOpen }: { store: RoomStore; onOpen: (open: Open) => void }) {
  const room = store.room.value
  const role = store.role.value
  const leads = role === 'owner' || role === 'admin'
  return (
    <header class="room-bar">
      <a class="icon-button" href="/" aria-label={t('app.back')} title={t('app.back')}><BackIcon /></a>
      <div class="room-title">
        <h1 title={room?.name}>{room?.name ?? ' '}</h1>
        {room && <p><span class="room-where">{room.destinationName}</span><span class="room-left">{span(Date.parse(room.expiresAt) - now.value)}</span></p>}
      </div>
      <IconButton icon="invite" label={t('room.invite')} class="accent" onClick={() => onOpen('invite')} />
      <Menu label={t('room.menu')} actions={[
        leads && { label: t('room.edit'), icon: 'edit', run: () => onOpen('edit') },
        leads && { label: t('room.shares'), icon: 'eye', run: () => onOpen('shares') },
        leads && { label: t('way.title'), icon: 'way', run: () => onOpen('route') },
        leads && { label: t('areas.title'), icon: 'area', run: () => onOpen('areas') },
        { label: t('recording.title'), icon: 'clock', run: () => onOpen('recording') },
        { label: t('sos.call'), icon: 'alert', danger: true, run: () => onOpen('sos') },
        { label: t('room.leave'), icon: 'out', run: () => onOpen('leave') },
        role === 'owner' && { label: t('room.close'), icon: 'close', danger: true, run: () => onOpen('close') },
      ]} />
    </header>
  )
}

const BackIcon = () => (
  <svg class="icon" width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d="M15 5l-7 7 7 7" />
  </svg>
)

function Dialogs({ store, room, open, onClose }: { store: RoomStore; room: Room; open: Open; onClose: () => void }) {
  const role = store.role.value
  switch (open) {
    case 'invite':
      return <Invite room={room} canRotate={role === 'owner' || role === 'admin'} onClose={onClose} />
    case 'shares':
      return <Shares room={room} onClose={onClose} />
    case 'route':
      return <RouteEditor room={room} onClose={onClose} />
    case 'areas':
      return <Areas room={room} onClose={onClose} />
    case 'recording':
      return <RecordingEditor room={room} leads={role === 'owner' || role === 'admin'} onClose={onClose} />
    case 'edit':
      return <EditRoom room={room} onClose={onClose} />
    case 'sos':
      return <Confirm title={t('sos.title')} hint={t('sos.hint')} action={t('sos.send')} onClose={onClose} run={async () => store.live.callForHelp(undefined, await whereNow())} />
    case 'leave':
      return <Confirm title={t('room.leaveSure', { room: room.name })} hint={t('room.leaveHint')} action={t('room.leave')} onClose={onClose}
        run={async () => {
          await wm.api.leaveRoom(room.id)
          leftRoom(room.id)
          void loadRooms()
          go('/')
        }} />
    case 'close':
      return <Confirm title={t('room.closeSure', { room: room.name })} hint={t('room.closeHint')} action={t('room.close')} onClose={onClose} run={() => wm.api.closeRoom(room.id)} />
    default:
      return null
  }
}

/** Somebody wants to know where the user is. */
function Asked({ store }: { store: RoomStore }) {
  const asked = store.asked.value
  if (!asked) return null
  const close = () => (store.asked.value = null)
  return (
    <Dialog title={t('ask.title', { name: store.nameOf(asked.by, asked.name) })} onClose={close}>
      <p>{t('ask.hint')}</p>
      <div class="actions">
        <Button look="plain" onClick={close}>{t('ask.later')}</Button>
        {!sharedWith.value.has(store.live.id) && (
          <Button look="main" icon="locate" data-autofocus onClick={() => {
            close()
            void attempt(() => share(store.live))
          }}>{t('me.share')}</Button>
        )}
      </div>
    </Dialog>
  )
}

/** Tells who listens what others write, whatever is shown. */
function Announcer({ store }: { store: RoomStore }) {
  const opened = useRef(Date.now())
  const m = store.heard.value
  const fresh = m && !m.kind && Date.parse(m.timestamp) >= opened.current
  return <div class="visually-hidden" role="log" aria-live="polite">{fresh && <p key={m.id}>{t('chat.said', { name: store.nameOf(m.userId, m.userName), text: m.content })}</p>}</div>
}
