import { useState } from 'preact/hooks'

import { t } from '../i18n'
import { crosses, type LngLat } from '../map'
import { parsePlace, showPlace, type Place } from '../place'
import { attempt } from '../state/toasts'
import { Button, Field } from '../ui/kit'
import { later } from '../ui/later'

const ShapeOnMap = later(() => import('../room/map').then((m) => m.ShapeOnMap))
const mostCorners = 100

const show = (ring: readonly LngLat[]) => ring.map(([lng, lat]) => showPlace({ lat, lng })).join('\n')
const lines = (text: string) => text.split('\n').filter((l) => l.trim() !== '')
/** The corners as far as they can be read: what is being written is no corner yet. */
const read = (text: string): LngLat[] => lines(text).flatMap((l): LngLat[] => {
  const p = parsePlace(l)
  return p ? [[p.lng, p.lat]] : []
})

/** A shape on the map with a name: its corners are dragged there, or written. */
export function ShapeForm({ placeholder, most, known, start, onSave, onCancel }: {
  placeholder: string
  /** Characters of the name. */
  most: number
  /** What it is now, if it is there already. */
  known?: { name: string; ring: readonly LngLat[] } | undefined
  /** Where the map is when it opens. */
  start: Place
  onSave: (name: string, ring: readonly LngLat[]) => Promise<unknown>
  onCancel: () => void
}) {
  const [name, setName] = useState(known?.name ?? '')
  const [text, setText] = useState(known ? show(known.ring) : '')
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const ring = known && text === show(known.ring) ? known.ring : read(text) // what is shown is rounded
  const change = (next: string) => {
    setWrong(null)
    setText(next)
  }
  const submit = async (e: Event) => {
    e.preventDefault()
    if (ring.length !== lines(text).length || ring.length < 3 || ring.length > mostCorners) return setWrong(t('areas.cornersWrong'))
    if (crosses(ring)) return setWrong(t('areas.crosses'))
    setBusy(true)
    const done = await attempt(() => onSave(name.trim(), ring))
    setBusy(false)
    if (done) onCancel()
  }
  return (
    <form class="form" onSubmit={(e) => void submit(e)}>
      <Field label={t('edit.name')} value={name} onInput={(e) => setName(e.currentTarget.value)} placeholder={placeholder} maxLength={most} required autoComplete="off" autofocus />
      <div class="place">
        <ShapeOnMap ring={ring} start={start} onChange={(next) => change(show(next))} />
        <Field lines={Math.min(6, Math.max(3, lines(text).length))} label={t('areas.corners')} value={text} onInput={(e) => change(e.currentTarget.value)} required spellcheck={false}
          autoComplete="off" placeholder="45.75120, 14.36010" wrong={wrong} hint={t('areas.cornersHint')} />
      </div>
      <div class="actions">
        <Button look="plain" onClick={onCancel}>{t('app.cancel')}</Button>
        <Button look="main" type="submit" busy={busy}>{t('app.save')}</Button>
      </div>
    </form>
  )
}
