import type { Room, TrackDevice } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { distance, moment } from '../format'
import { t } from '../i18n'
import { wm } from '../sdk'
import { attempt, toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button } from '../ui/kit'
import { fileName, save } from './file'
import { Delete, Line, Lines, Upload, useServer } from './parts'

const span = (from?: string, to?: string) => (from && to ? `${moment(new Date(from))} – ${moment(new Date(to))}` : '')

function Download({ name, read }: { name: string; read: () => Promise<string> }) {
  const [busy, setBusy] = useState(false)
  return (
    <Button busy={busy} aria-label={t('tracks.saveOf', { name })} onClick={() => {
      setBusy(true)
      void attempt(async () => save(await read(), fileName(name, 'gpx'), 'application/gpx+xml')).then(() => setBusy(false))
    }}>{t('tracks.save')}</Button>
  )
}

/** One room's tracks of the user, in however many devices. */
interface Recorded {
  roomId: string
  from: string
  to: string
}

function byRoom(devices: readonly TrackDevice[]): Recorded[] {
  const rooms = new Map<string, Recorded>()
  for (const d of devices) {
    const r = rooms.get(d.roomId)
    if (!r) rooms.set(d.roomId, { roomId: d.roomId, from: d.from, to: d.to })
    else Object.assign(r, { from: d.from < r.from ? d.from : r.from, to: d.to > r.to ? d.to : r.to })
  }
  return [...rooms.values()].sort((a, b) => (a.to < b.to ? 1 : -1))
}

/** All that is kept of where the user was: to be taken away as files, and to be erased. */
export function OwnTracks({ onClose }: { onClose: () => void }) {
  const { value, wrong, load } = useServer(async () => {
    const [tracks, rooms] = await Promise.all([wm.api.ownTracks(), wm.api.rooms()])
    const names = new Map(rooms.map((r) => [r.id, r.name]))
    return { recorded: byRoom(tracks.recorded).map((r) => ({ ...r, name: names.get(r.roomId) ?? t('tracks.pastRoom') })), imported: tracks.imported }
  })
  const all = value && [...value.recorded, ...value.imported]
  const erase = (run: () => Promise<unknown>) => async () => {
    await run()
    await load()
  }
  return (
    <Dialog title={t('tracks.title')} onClose={onClose}>
      <p>{t('tracks.hint')}</p>
      <Lines of={all} wrong={wrong} empty={t('tracks.empty')}>
        {value?.recorded.map((r) => (
          <Line key={r.roomId} title={r.name} hint={span(r.from, r.to)}>
            <Download name={r.name} read={() => wm.api.exportTrack(r.roomId)} />
            <Delete label={t('edit.deleteOf', { name: r.name })} run={erase(() => wm.api.eraseTracks(r.roomId))} />
          </Line>
        ))}
        {value?.imported.map((x) => (
          <Line key={x.id} title={x.name} hint={[distance(x.distance), span(x.from, x.to)].filter(Boolean).join(' · ')}>
            <Download name={x.name} read={() => wm.api.exportImportedTrack(x.id)} />
            <Delete label={t('edit.deleteOf', { name: x.name })} run={erase(() => wm.api.deleteImportedTrack(x.id))} />
          </Line>
        ))}
      </Lines>
      <Upload label={t('tracks.import')} onText={async (text) => {
        const { name } = await wm.api.importTrack(text)
        toast(t('tracks.imported', { name }))
        await load()
      }} />
      {!!all?.length && <Delete label={t('tracks.eraseAll')} text={t('tracks.eraseAll')} run={erase(() => wm.api.eraseOwnTracks())} />}
    </Dialog>
  )
}

/** Whether a room may record where people were, and whether the user is recorded: both must say so. */
export function RecordingEditor({ room, leads, onClose }: { room: Room; leads: boolean; onClose: () => void }) {
  const { value, wrong, load } = useServer(() => Promise.all([wm.api.recording(room.id), wm.api.tracks(room.id)]))
  const [busy, setBusy] = useState(false)
  const [state, tracks] = value ?? []
  const mine = byRoom((tracks ?? []).filter((d) => d.userId === wm.user?.id))
  const change = async (to: { roomAllows?: boolean; mine?: boolean }) => {
    setBusy(true)
    await attempt(() => wm.api.setRecording(room.id, to))
    await load()
    setBusy(false)
  }
  return (
    <Dialog title={t('recording.title')} onClose={onClose}>
      <p>{t('recording.hint')}</p>
      {state && (
        <div class="switches">
          {leads && <Switch label={t('recording.roomAllows')} on={state.roomAllows} disabled={busy} onChange={(on) => void change({ roomAllows: on })} />}
          {!leads && !state.roomAllows && <p class="hint">{t('recording.notAllowed')}</p>}
          <Switch label={t('recording.mine')} on={state.mine} disabled={busy || !state.roomAllows} onChange={(on) => void change({ mine: on })} />
        </div>
      )}
      <Lines of={value && mine} wrong={wrong} empty={t('recording.empty')}>
        {mine.map((r) => (
          <Line key={r.roomId} title={t('recording.yours')} hint={span(r.from, r.to)}>
            <Download name={room.name} read={() => wm.api.exportTrack(room.id)} />
            <Delete label={t('edit.deleteOf', { name: t('recording.yours') })} run={async () => {
              await wm.api.eraseTracks(room.id)
              await load()
            }} />
          </Line>
        ))}
      </Lines>
    </Dialog>
  )
}

function Switch({ label, on, disabled, onChange }: { label: string; on: boolean; disabled: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="switch">
      <input type="checkbox" role="switch" checked={on} disabled={disabled} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  )
}
