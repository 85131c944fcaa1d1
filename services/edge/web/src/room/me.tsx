import type { MemberState } from '@wemaps/sdk'
import { useRef } from 'preact/hooks'

import { say } from '../errors'
import { distance, span } from '../format'
import { t } from '../i18n'
import { ownPosition } from '../position'
import { speeds } from '../position/drive'
import { sampleTrack } from '../position/sample'
import type { RoomStore } from '../state/room'
import { drive, pause, share, sharedWith } from '../state/sharing'
import { attempt } from '../state/toasts'
import { Icon } from '../ui/icons'
import { Button, IconButton } from '../ui/kit'
import { Menu } from '../ui/menu'

/** One's own position: whether the others see it, how exactly, and where it comes from. */
export function Me({ store }: { store: RoomStore }) {
  const file = useRef<HTMLInputElement>(null)
  const room = store.room.value
  const me = store.roster.value.find((m) => m.userId === store.me)
  const on = sharedWith.value.has(store.live.id) && ownPosition.source.value !== null
  const driving = on && ownPosition.source.value === 'drive'
  const problem = ownPosition.problem.value
  return (
    <section class={`me ${on ? 'on' : ''}`} aria-label={t('me.title')}>
      <div class="me-line">
        <span class="me-icon"><Icon name="locate" /></span>
        <p role="status">{problem ? t(`me.problem.${problem}`) : (on && trouble()) || words(on, me, store.sos.value.some((c) => c.userId === store.me && c.position))}</p>
        <Menu label={t('me.more')} actions={[
          { label: t('me.exact'), icon: me?.precision === 'exact' ? 'check' : 'locate', run: () => void attempt(() => store.live.setPrecision('exact')) },
          { label: t('me.approximate'), icon: me?.precision === 'approximate' ? 'check' : 'eye', run: () => void attempt(() => store.live.setPrecision('approximate')) },
          on && 'wakeLock' in navigator && {
            label: t('me.awake'), icon: ownPosition.awake.value ? 'check' : 'clock', run: () => void ownPosition.keepAwake(!ownPosition.awake.value),
          },
          driving && { label: t('me.share'), icon: 'locate', run: () => void attempt(() => share(store.live)) },
          { label: t('me.drive'), icon: 'pin', run: () => file.current?.click() },
          room && { label: t('me.sample'), icon: 'way', run: () => void attempt(() => drive(store.live, sampleTrack({ lat: room.destinationLat, lng: room.destinationLng }, t('me.sampleName')))) },
        ]} />
      </div>
      {driving && <DriveBar />}
      {on
        ? <Button class="block" onClick={() => void attempt(() => pause(store.live))}>{t('me.stop')}</Button>
        : <Button class="block" look="main" icon="locate" onClick={() => void attempt(() => share(store.live))}>{t('me.share')}</Button>}
      <input ref={file} type="file" class="visually-hidden" accept=".gpx,application/gpx+xml" aria-label={t('me.drive')} tabIndex={-1} onChange={(e) => {
        const chosen = e.currentTarget.files?.[0]
        e.currentTarget.value = ''
        if (chosen) void attempt(() => drive(store.live, chosen))
      }} />
    </section>
  )
}

/** Why the others do not see the position that is shared from here; null if they do, as far as is known. */
function trouble(): string | null {
  const { value: refused } = ownPosition.refused
  if (refused && !refused.temporary) return say(refused) // else the next report may be taken
  return ownPosition.verdict.value === 'other-device' ? t('me.elsewhere') : null
}

function words(on: boolean, me: MemberState | undefined, called: boolean): string {
  if (!on && called && !me?.position) return t('me.called')
  if (!on) return t(me?.paused ? 'me.paused' : me?.position ? 'me.elsewhere' : 'me.off')
  if (!ownPosition.reading.value) return t('create.locating')
  return t(me?.precision === 'approximate' ? 'me.onAbout' : 'me.on')
}

/** Controls of a track that is driven along. */
function DriveBar() {
  const d = ownPosition.drive.value
  if (!d) return null
  return (
    <div class="drive">
      <p><strong>{d.name || t('me.drive')}</strong> <span>{distance(d.length)} · {span(d.duration)}</span></p>
      <div class="me-line">
        <IconButton icon={d.playing ? 'pause' : 'play'} label={t(d.playing ? 'me.halt' : 'me.play')} onClick={() => (d.playing ? ownPosition.pauseDrive() : ownPosition.play())} />
        <input type="range" min={0} max={d.duration} step={1000} value={d.at} aria-label={t('me.along')} aria-valuetext={span(d.at)} onInput={(e) => ownPosition.seek(Number(e.currentTarget.value))} />
        <Menu label={t('me.speed', { n: d.speed })} class="speed" button={<>{d.speed}×</>} actions={speeds.map((s) => ({ label: `${s}×`, run: () => ownPosition.setSpeed(s) }))} />
      </div>
    </div>
  )
}
