import type { Room } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { lasting } from '../format'
import { t } from '../i18n'
import { parsePlace } from '../place'
import { wm } from '../sdk'
import { attempt } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button, Choice, Field, Stepper } from '../ui/kit'
import { PlaceField } from './place'

const lengths = [3, 8, 24, 72, 168] as const // hours

export function CreateRoom({ onClose, onCreated }: { onClose: () => void; onCreated: (room: Room) => void }) {
  const [name, setName] = useState('')
  const [where, setWhere] = useState('')
  const [place, setPlace] = useState('')
  const [hours, setHours] = useState<number>(24)
  const [most, setMost] = useState(8)
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const submit = async (e: Event) => {
    e.preventDefault()
    const p = parsePlace(place)
    if (!p) return setWrong(t('create.placeWrong'))
    setBusy(true)
    const body = { name: name.trim(), destinationName: where.trim(), destinationLat: p.lat, destinationLng: p.lng, maxMembers: most, expiresIn: hours }
    const done = await attempt(async () => onCreated(await wm.api.createRoom(body)))
    setBusy(false)
    if (done) onClose()
  }
  return (
    <Dialog title={t('create.title')} onClose={onClose}>
      <form class="form" onSubmit={(e) => void submit(e)}>
        <Field label={t('create.name')} value={name} onInput={(e) => setName(e.currentTarget.value)} minLength={3} maxLength={100} required
          placeholder={t('create.namePlaceholder')} autoComplete="off" data-autofocus />
        <Field label={t('create.where')} value={where} onInput={(e) => setWhere(e.currentTarget.value)} maxLength={200} required
          placeholder={t('create.wherePlaceholder')} autoComplete="off" />
        <PlaceField text={place} wrong={wrong} onText={(text) => {
          setWrong(null)
          setPlace(text)
        }} />
        <Choice label={t('create.howLong')} value={hours} options={lengths} show={lasting} onChange={setHours} />
        <Stepper label={t('create.most')} value={most} min={2} max={50} onChange={setMost} />
        <div class="actions">
          <Button look="main" type="submit" busy={busy} class="block">{t('create.go')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
