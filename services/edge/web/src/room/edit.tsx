import type { Room, UpdateRoom } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { lasting, moment } from '../format'
import { t } from '../i18n'
import { parsePlace, showPlace } from '../place'
import { PlaceField } from '../screens/place'
import { wm } from '../sdk'
import { attempt, toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button, Choice, Field, Stepper } from '../ui/kit'

const lengths = [0, 3, 8, 24, 72, 168] as const // hours from now; 0 = as it is

export function EditRoom({ room, onClose }: { room: Room; onClose: () => void }) {
  const before = showPlace({ lat: room.destinationLat, lng: room.destinationLng })
  const [name, setName] = useState(room.name)
  const [where, setWhere] = useState(room.destinationName)
  const [place, setPlace] = useState(before)
  const [hours, setHours] = useState<number>(0)
  const [most, setMost] = useState(room.maxMembers)
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const submit = async (e: Event) => {
    e.preventDefault()
    const p = parsePlace(place)
    if (!p) return setWrong(t('create.placeWrong'))
    // Only what is different: two people who edit at once do not undo each other.
    const change: UpdateRoom = {
      ...(name.trim() !== room.name && { name: name.trim() }),
      ...(where.trim() !== room.destinationName && { destinationName: where.trim() }),
      ...(place !== before && { destinationLat: p.lat, destinationLng: p.lng }),
      ...(most !== room.maxMembers && { maxMembers: most }),
      ...(hours > 0 && { expiresIn: hours }),
    }
    setBusy(true)
    const done = Object.keys(change).length === 0 || (await attempt(async () => {
      await wm.api.updateRoom(room.id, change)
      toast(t('room.saved'))
    }))
    setBusy(false)
    if (done) onClose()
  }
  return (
    <Dialog title={t('room.edit')} onClose={onClose}>
      <form class="form" onSubmit={(e) => void submit(e)}>
        <Field label={t('create.name')} value={name} onInput={(e) => setName(e.currentTarget.value)} minLength={3} maxLength={100} required autoComplete="off" data-autofocus />
        <Field label={t('create.where')} value={where} onInput={(e) => setWhere(e.currentTarget.value)} maxLength={200} required autoComplete="off" />
        <PlaceField text={place} wrong={wrong} onText={(text) => {
          setWrong(null)
          setPlace(text)
        }} />
        <Choice label={`${t('room.extend')} (${t('room.endsAt', { time: moment(new Date(room.expiresAt)) })})`} value={hours} options={lengths}
          show={(h) => (h === 0 ? t('room.keep') : lasting(h))} onChange={setHours} />
        <Stepper label={t('create.most')} value={most} min={Math.max(2, room.memberCount ?? 2)} max={50} onChange={setMost} />
        <div class="actions">
          <Button look="plain" onClick={onClose}>{t('app.cancel')}</Button>
          <Button look="main" type="submit" busy={busy}>{t('app.save')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
