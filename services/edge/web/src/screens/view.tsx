import type { RoomEvents, SharedRoom } from '@wemaps/sdk'
import { useEffect, useState } from 'preact/hooks'

import { codeOf, say } from '../errors'
import { moment, span } from '../format'
import { t } from '../i18n'
import { RoomMap } from '../room/map'
import { wordsOf } from '../room/members'
import { Sheet, type Size } from '../room/sheet'
import { wm } from '../sdk'
import { now } from '../state/clock'
import { RoomStore } from '../state/room'
import { nameOf, statusOf } from '../state/status'
import { Mark } from '../ui/icons'
import { Journey } from '../ui/journey'
import { Avatar, Empty, Main, Spinner } from '../ui/kit'
import { LanguageMenu, Page } from '../ui/shell'

/** What means that a link opens nothing any more. */
const over = new Set(['SHARE_NOT_FOUND', 'ROOM_CLOSED', 'ROOM_EXPIRED', 'INVALID_TOKEN'])

/** What whoever has a share link sees: the map and who is on it, without a name, a code or the chat. */
export function View({ token }: { token: string }) {
  const [room, setRoom] = useState<SharedRoom | null>(null)
  const [store, setStore] = useState<RoomStore | null>(null)
  const [ended, setEnded] = useState<'link' | RoomEvents['closed']['reason'] | null>(null)
  const [wrong, setWrong] = useState<string | null>(null)

  useEffect(() => {
    if (!token) return
    const refused = (error: unknown) => (over.has(codeOf(error)) ? setEnded((known) => known ?? 'link') : setWrong(say(error)))
    wm.api.sharedRoom(token).then(setRoom, refused)
    const live = wm.connectAsViewer(token)
    let watched: RoomStore | null = null
    live.on('error', refused)
    live.on('watching', (r) => {
      watched = new RoomStore(r, null)
      r.on('room', (change) => setRoom((known) => known && ({ ...known, ...change } as SharedRoom)))
      r.on('closed', ({ reason }) => setEnded(reason))
      setStore(watched)
    })
    const wake = () => !document.hidden && void live.wake()
    addEventListener('online', wake)
    document.addEventListener('visibilitychange', wake)
    return () => {
      removeEventListener('online', wake)
      document.removeEventListener('visibilitychange', wake)
      watched?.close()
      live.close()
    }
  }, [token])

  if (!token) return <Nothing title={t('view.missing')} hint={t('view.missingHint')} />
  if (ended === 'link') return <Nothing title={t('view.ended')} hint={t('view.endedHint')} />
  if (ended) return <Nothing title={t(`room.gone.${ended}`)} hint={t('view.goneHint')} />
  if (!room) return wrong ? <Nothing title={wrong} hint="" /> : <Spinner label={t('app.loading')} whole />
  return <Watched room={room} store={store} />
}

function Nothing({ title, hint }: { title: string; hint: string }) {
  return (
    <Page account={false}>
      <div role="alert">
        <Empty whole title={title} art={<Journey />}><p>{hint}</p></Empty>
      </div>
    </Page>
  )
}

function Watched({ room, store }: { room: SharedRoom; store: RoomStore | null }) {
  const [size, setSize] = useState<Size>('half')
  const [focus, setFocus] = useState<{ userId: string } | null>(null)
  return (
    <div class={`room ${size}`}>
      <header class="room-bar">
        <a class="icon-button" href="/" aria-label="WeMaps"><Mark size={34} /></a>
        <div class="room-title">
          <h1>{room.name}</h1>
          <p><span class="room-where">{room.destinationName}</span><span class="room-left">{span(Date.parse(room.expiresAt) - now.value)}</span></p>
        </div>
        <LanguageMenu />
      </header>
      <Main>
        <Sheet size={size} onSize={setSize} label={t('room.people')}>
          <div class="people" tabIndex={0} role="group" aria-label={t('room.people')}>
            <p class="watching"><strong>{t('view.title')}</strong> {t('view.hint', { time: moment(new Date(room.linkExpiresAt)) })}</p>
            <ul class="members">
              {store?.members.value.map((m) => (
                <li key={m.userId} class={`member ${statusOf(m, now.value)}`}>
                  <button type="button" class="member-show" disabled={!m.position} onClick={() => setFocus({ userId: m.userId })}>
                    <span class="member-face"><Avatar id={m.userId} name={nameOf(m)} /></span>
                    <span class="member-words">
                      <strong>{nameOf(m)}</strong>
                      <span class="member-status">{wordsOf(m, statusOf(m, now.value), now.value)}</span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            {store?.members.value.length === 0 && <p class="hint alone">{t('view.nobody')}</p>}
          </div>
        </Sheet>
        <div class="room-map">
          <RoomMap room={store?.live ?? null} focus={focus} places={room} meId={null} />
        </div>
      </Main>
    </div>
  )
}
