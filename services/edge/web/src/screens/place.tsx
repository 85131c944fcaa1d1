import { useState } from 'preact/hooks'

import { t } from '../i18n'
import { parsePlace, showPlace, type Place } from '../place'
import { Button, Field } from '../ui/kit'
import { later } from '../ui/later'

const PickOnMap = later(() => import('../room/map').then((m) => m.PickOnMap))

interface Props {
  text: string
  onText: (text: string) => void
  wrong: string | null
  /** Where the map is when it opens. */
  start?: Place
  /** Metres, to be shown around the place on the map. */
  radius?: number
}

/** Where on the map: typed or pasted, the browser's position, or chosen on the map. */
export function PlaceField({ text, onText, wrong, start, radius }: Props) {
  const [locating, setLocating] = useState(false)
  const [failed, setFailed] = useState(false)
  const [picking, setPicking] = useState(false)
  const set = (p: Place) => onText(showPlace(p))

  const locate = () => {
    setLocating(true)
    setFailed(false)
    const over = () => setLocating(false)
    navigator.geolocation.getCurrentPosition(
      (p) => {
        over()
        set({ lat: p.coords.latitude, lng: p.coords.longitude })
      },
      () => {
        over()
        setFailed(true)
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    )
  }

  return (
    <div class="place">
      <Field label={t('create.place')} value={text} onInput={(e) => onText(e.currentTarget.value)} placeholder={t('create.placePlaceholder')} autoComplete="off"
        required wrong={wrong ?? (failed ? t('create.noPosition') : null)} hint={locating ? t('create.locating') : t('create.placeHint')} />
      <div class="place-ways">
        {'geolocation' in navigator && <Button icon="locate" busy={locating} onClick={locate}>{t('create.mine')}</Button>}
        <Button icon="pin" aria-expanded={picking} onClick={() => setPicking(!picking)}>{t('create.onMap')}</Button>
      </div>
      {picking && <PickOnMap place={parsePlace(text)} onPick={set} {...(start && { start })} {...(radius && { radius })} />}
    </div>
  )
}
