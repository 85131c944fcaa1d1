import type { MemberState } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { ago, distance, moment, percent } from '../format'
import { t } from '../i18n'
import { distance as metresBetween } from '../map/geo'
import { ownPosition } from '../position'
import { wm } from '../sdk'
import { now } from '../state/clock'
import type { RoomStore } from '../state/room'
import { sharedWith } from '../state/sharing'
import { nameOf, remaining, statusOf, type Status } from '../state/status'
import { attempt, toast } from '../state/toasts'
import { Confirm } from '../ui/dialog'
import { Avatar, Button } from '../ui/kit'
import { Menu, type Action } from '../ui/menu'

interface Props {
  store: RoomStore
  onShow: (userId: string) => void
  onInvite: () => void
}

export function Members({ store, onShow, onInvite }: Props) {
  const all = store.members.value
  const time = now.value
  return (
    <>
      <ul class="members">
        {all.map((m) => {
          const { userId: id, role, online, paused } = m
          // What the server last told of this device's position is older than what the device knows.
          const known = id === store.me && sharedWith.value.has(store.live.id) ? withoutPosition(m) : m
          const status = statusOf(known, time)
          return <Row key={id} id={id} name={nameOf(m)} role={role} online={online} paused={paused} located={!!m.position} status={status} words={wordsOf(known, status, time)} mine={store.role.value} store={store} onShow={onShow} />
        })}
      </ul>
      {all.length === 1 && (
        <div class="alone">
          <h2>{t('member.aloneTitle')}</h2>
          <p>{t('member.aloneHint')}</p>
          <Button look="main" icon="invite" onClick={onInvite}>{t('room.invite')}</Button>
        </div>
      )}
    </>
  )
}

function withoutPosition({ position: _, ...rest }: MemberState): MemberState {
  return rest
}

/** What a line shows of a member. It is drawn anew when one of these is different, and not with each fix. */
interface Shown extends Pick<Props, 'store' | 'onShow'> {
  id: string
  name: string
  role: MemberState['role']
  online: boolean
  paused: boolean
  /** Whether it is known where they are. */
  located: boolean
  status: Status
  words: string
  /** What the user may do. */
  mine: MemberState['role'] | undefined
}

function Row({ id, name, role, online, paused, located, status, words, mine, store, onShow }: Shown) {
  const me = id === store.me
  return (
    <li class={`member ${status}`}>
      <button type="button" class="member-show" disabled={!located} title={located ? t('member.show', { name }) : undefined} onClick={() => onShow(id)}>
        <span class="member-face">
          <Avatar id={id} name={name} dim={status === 'offline' || status === 'stale'} />
          <span class={`dot ${online ? 'on' : ''}`} aria-hidden="true" />
        </span>
        <span class="member-words">
          <span class="member-name">
            <strong>{name}</strong>
            {me && <span class="tag">{t('app.you')}</span>}
            {role !== 'member' && <span class="tag">{t(`role.${role}`)}</span>}
          </span>
          {me && (status === 'silent' || status === 'behind') && sharedWith.value.has(store.live.id) ? <Here store={store} behind={status === 'behind'} /> : <span class="member-status">{words}</span>}
        </span>
      </button>
      {!me && <Actions id={id} name={name} role={role} paused={paused} mine={mine} store={store} />}
    </li>
  )
}

/** How far this device has to go: the server tells a user's own position to the others only. */
function Here({ store, behind }: { store: RoomStore; behind: boolean }) {
  const room = store.room.value
  const at = ownPosition.reading.value
  const left = room && at && metresBetween([at.longitude, at.latitude], [room.destinationLng, room.destinationLat])
  const away = left == null ? t('create.locating') : t('member.away', { distance: distance(left) })
  return <span class="member-status">{behind ? `${t('member.behind')} · ${away}` : away}</span>
}

/** What to know of somebody, the most important first. */
export function wordsOf(m: MemberState, status: Status, time: number): string {
  const p = m.position
  const left = remaining(m)
  const parts: string[] = []
  if (status === 'arrived') parts.push(t('member.arrived'))
  else if (status === 'paused') parts.push(t('member.paused'))
  else if (status === 'offline') parts.push(t('member.offline'))
  else if (status === 'silent') parts.push(t('member.online'))
  else {
    if (status === 'behind') parts.push(t('member.behind'))
    if (left !== undefined) parts.push(t('member.away', { distance: distance(left) }))
    if (p?.eta && status !== 'stale') parts.push(t('member.arrives', { time: moment(new Date(p.eta)) }))
    if (status === 'stale') parts.push(t('member.stale', { time: ago(new Date(p!.recordedAt), new Date(time)) }))
  }
  if (p && m.precision === 'approximate') parts.push(t('member.approximate'))
  if (p?.batteryLevel !== undefined && p.batteryLevel < 15) parts.push(t('member.battery', { percent: percent(p.batteryLevel) }))
  return parts.join(' · ')
}

function Actions({ id: userId, name, role: theirs, paused, mine, store }: Pick<Shown, 'id' | 'name' | 'role' | 'paused' | 'mine' | 'store'>) {
  const [handing, setHanding] = useState(false)
  const id = store.live.id
  const over = mine === 'owner' || (mine === 'admin' && (theirs === 'member' || theirs === 'viewer'))
  const remove = () => attempt(async () => {
    await wm.api.removeMember(id, userId)
    toast(t('member.removed', { name }))
  })
  const ban = () => attempt(async () => {
    await wm.api.banMember(id, userId)
    toast(t('member.banned', { name }), { action: { label: t('app.undo'), run: () => void attempt(() => wm.api.unbanMember(id, userId)) } })
  })
  const role = (r: 'admin' | 'member') => () => void attempt(() => wm.api.setRole(id, userId, r))
  const ask = () => attempt(async () => {
    await store.live.askLocation(userId)
    toast(t('member.asked', { name }))
  })
  const actions: (Action | false)[] = [
    !paused && { label: t('member.ask'), icon: 'bell', run: () => void ask() },
    mine === 'owner' && theirs !== 'admin' && { label: t('member.makeAdmin'), icon: 'star', run: role('admin') },
    mine === 'owner' && theirs !== 'member' && { label: t('member.makeMember'), icon: 'people', run: role('member') },
    mine === 'owner' && { label: t('member.makeOwner'), icon: 'reply', run: () => setHanding(true) },
    over && { label: t('member.remove'), icon: 'out', danger: true, run: () => void remove() },
    over && { label: t('member.ban'), icon: 'ban', danger: true, run: () => void ban() },
  ]
  if (!actions.some(Boolean)) return null
  return (
    <>
      <Menu label={t('member.actions', { name })} actions={actions} />
      {handing && <Confirm title={t('member.makeOwnerSure', { name })} hint={t('member.makeOwnerHint')} action={t('member.makeOwner')} danger={false}
        run={() => wm.api.transferOwnership(id, userId)} onClose={() => setHanding(false)} />}
    </>
  )
}
