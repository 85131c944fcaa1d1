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
import { nameOf, remaining, statusOf } from '../state/status'
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
  const mine = all.find((m) => m.userId === store.me)?.role
  return (
    <>
      <ul class="members">
        {all.map((m) => <Row key={m.userId} member={m} mine={mine} store={store} onShow={onShow} />)}
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

function Row({ member: m, mine, store, onShow }: { member: MemberState; mine: MemberState['role'] | undefined; store: RoomStore; onShow: (id: string) => void }) {
  const me = m.userId === store.me
  const name = nameOf(m)
  const status = statusOf(m, now.value)
  return (
    <li class={`member ${status}`}>
      <button type="button" class="member-show" disabled={!m.position} aria-label={m.position ? t('member.show', { name }) : undefined} onClick={() => onShow(m.userId)}>
        <span class="member-face">
          <Avatar id={m.userId} name={name} dim={status === 'offline' || status === 'stale'} />
          <span class={`dot ${m.online ? 'on' : ''}`} aria-hidden="true" />
        </span>
        <span class="member-words">
          <span class="member-name">
            <strong>{name}</strong>
            {me && <span class="tag">{t('app.you')}</span>}
            {m.role !== 'member' && <span class="tag">{t(`role.${m.role}`)}</span>}
          </span>
          {me && status === 'silent' && sharedWith.value.has(store.live.id) ? <Here store={store} /> : <StatusLine member={m} />}
        </span>
      </button>
      {!me && <Actions member={m} mine={mine} store={store} />}
    </li>
  )
}

/** How far this device has to go: the server tells a user's own position to the others only. */
function Here({ store }: { store: RoomStore }) {
  const room = store.room.value
  const at = ownPosition.reading.value
  const left = room && at && metresBetween([at.longitude, at.latitude], [room.destinationLng, room.destinationLat])
  return <span class="member-status">{left == null ? t('create.locating') : t('member.away', { distance: distance(left) })}</span>
}

/** What to know of somebody, the most important first. */
export function StatusLine({ member: m }: { member: MemberState }) {
  const status = statusOf(m, now.value)
  const p = m.position
  const left = remaining(m)
  const seen = p && ago(new Date(p.recordedAt), new Date(now.value))
  const parts: string[] = []
  if (status === 'arrived') parts.push(t('member.arrived'))
  else if (status === 'paused') parts.push(t('member.paused'))
  else if (status === 'offline') parts.push(t('member.offline'))
  else if (status === 'silent') parts.push(t('member.online'))
  else {
    if (status === 'behind') parts.push(t('member.behind'))
    if (left !== undefined) parts.push(t('member.away', { distance: distance(left) }))
    if (p?.eta && status !== 'stale') parts.push(t('member.arrives', { time: moment(new Date(p.eta)) }))
    if (status === 'stale') parts.push(t('member.stale', { time: seen! }))
  }
  if (p && m.precision === 'approximate') parts.push(t('member.approximate'))
  if (p?.batteryLevel !== undefined && p.batteryLevel < 15) parts.push(t('member.battery', { percent: percent(p.batteryLevel) }))
  return <span class="member-status">{parts.join(' · ')}</span>
}

function Actions({ member: m, mine, store }: { member: MemberState; mine: MemberState['role'] | undefined; store: RoomStore }) {
  const [handing, setHanding] = useState(false)
  const name = nameOf(m)
  const id = store.live.id
  const over = mine === 'owner' || (mine === 'admin' && (m.role === 'member' || m.role === 'viewer'))
  const remove = () => attempt(async () => {
    await wm.api.removeMember(id, m.userId)
    toast(t('member.removed', { name }))
  })
  const ban = () => attempt(async () => {
    await wm.api.banMember(id, m.userId)
    toast(t('member.banned', { name }), { action: { label: t('app.undo'), run: () => void attempt(() => wm.api.unbanMember(id, m.userId)) } })
  })
  const role = (r: 'admin' | 'member') => () => void attempt(() => wm.api.setRole(id, m.userId, r))
  const ask = () => attempt(async () => {
    await store.live.askLocation(m.userId)
    toast(t('member.asked', { name }))
  })
  const actions: (Action | false)[] = [
    !m.paused && { label: t('member.ask'), icon: 'bell', run: () => void ask() },
    mine === 'owner' && m.role !== 'admin' && { label: t('member.makeAdmin'), icon: 'star', run: role('admin') },
    mine === 'owner' && m.role !== 'member' && { label: t('member.makeMember'), icon: 'people', run: role('member') },
    mine === 'owner' && { label: t('member.makeOwner'), icon: 'reply', run: () => setHanding(true) },
    over && { label: t('member.remove'), icon: 'out', danger: true, run: () => void remove() },
    over && { label: t('member.ban'), icon: 'ban', danger: true, run: () => void ban() },
  ]
  if (!actions.some(Boolean)) return null
  return (
    <>
      <Menu label={t('member.actions', { name })} actions={actions} />
      {handing && <Confirm title={t('member.makeOwnerSure', { name })} hint={t('member.makeOwnerHint')} action={t('member.makeOwner')} danger={false}
        run={() => wm.api.transferOwnership(id, m.userId)} onClose={() => setHanding(false)} />}
    </>
  )
}
