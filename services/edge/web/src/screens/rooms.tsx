import type { Room } from '@wemaps/sdk'
import { useEffect, useState } from 'preact/hooks'

import { say } from '../errors'
import { span } from '../format'
import { t } from '../i18n'
import { go, roomPath } from '../router'
import { now } from '../state/clock'
import { enter, loadRooms, rooms, roomsError, watchRooms } from '../state/rooms'
import { Icon } from '../ui/icons'
import { Journey } from '../ui/journey'
import { Button, Empty, Spinner } from '../ui/kit'
import { Page } from '../ui/shell'
import { CreateRoom } from './create'

export function Rooms() {
  const [creating, setCreating] = useState(false)
  useEffect(watchRooms, [])
  const list = rooms.value
  return (
    <Page>
      <div class="rooms">
        <div class="rooms-head">
          <h1>{t('rooms.title')}</h1>
          {!!list?.length && <Button look="main" icon="plus" onClick={() => setCreating(true)}>{t('rooms.new')}</Button>}
        </div>
        {list === null && !roomsError.value && <Spinner label={t('app.loading')} />}
        {list === null && roomsError.value && (
          <div class="note" role="alert">
            <p>{roomsError.value}</p>
            <Button onClick={() => void loadRooms()}>{t('app.retry')}</Button>
          </div>
        )}
        {list?.length === 0 && (
          <Empty title={t('rooms.empty')} art={<Journey />}>
            <p>{t('rooms.emptyHint')}</p>
            <Button look="main" icon="plus" onClick={() => setCreating(true)}>{t('rooms.new')}</Button>
          </Empty>
        )}
        {!!list?.length && <ul class="cards">{list.map((r) => <RoomCard key={r.id} room={r} />)}</ul>}
        <JoinByCode />
      </div>
      {creating && <CreateRoom onClose={() => setCreating(false)} onCreated={(r) => go(roomPath(r.id))} />}
    </Page>
  )
}

function RoomCard({ room }: { room: Room }) {
  const left = Date.parse(room.expiresAt) - now.value
  const unread = room.unreadCount ?? 0
  return (
    <li>
      <a class="card" href={roomPath(room.id)}>
        <span class="card-head">
          <strong>{room.name}</strong>
          {unread > 0 && (
            <span class="badge">
              <span aria-hidden="true">{unread >= 999 ? '999+' : unread}</span>
              <span class="visually-hidden">{t('rooms.unread', { n: unread })}</span>
            </span>
          )}
        </span>
        <span class="card-line"><Icon name="pin" size={18} />{room.destinationName}</span>
        <span class="card-foot">
          <span><Icon name="people" size={18} />{t('rooms.members', { n: room.memberCount ?? room.members?.length ?? 1 })}</span>
          <span class={left < 30 * 60_000 ? 'soon' : ''}>
            <Icon name="clock" size={18} />
            {left > 0 ? t('rooms.endsIn', { time: span(left) }) : t('rooms.ended')}
          </span>
        </span>
      </a>
    </li>
  )
}

function JoinByCode() {
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    if (code.length !== 6) return setWrong(t('rooms.codeShort'))
    setBusy(true)
    try {
      go(roomPath(await enter(code)))
    } catch (error) {
      setWrong(say(error))
    }
    setBusy(false)
  }
  return (
    <form class="join-code" onSubmit={(e) => void submit(e)} noValidate>
      <h2>{t('rooms.joinTitle')}</h2>
      <div class="join-line">
        <input class="code-input" aria-label={t('rooms.code')} aria-describedby="code-hint" aria-invalid={!!wrong || undefined} value={code} placeholder="ABC123"
          autoComplete="off" autoCapitalize="characters" spellcheck={false} inputMode="text"
          onInput={(e) => {
            setWrong(null)
            setCode((e.currentTarget.value = readCode(e.currentTarget.value)))
          }} />
        <Button type="submit" busy={busy}>{t('rooms.join')}</Button>
      </div>
      <p id="code-hint" class={wrong ? 'wrong' : 'hint'} role={wrong ? 'alert' : undefined}>{wrong ?? t('rooms.codeHint')}</p>
    </form>
  )
}

/** The code in what somebody types or pastes; a link to join has one at its end. */
export function readCode(text: string): string {
  const link = /\/r\/([A-Za-z0-9]{6})\b/.exec(text)
  return (link?.[1] ?? text).replace(/[^A-Za-z0-9]/g, '').toUpperCase().slice(0, 6)
}
