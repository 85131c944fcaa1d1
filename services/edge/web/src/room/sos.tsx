import type { Fix } from '@wemaps/sdk'

import { t } from '../i18n'
import type { RoomStore } from '../state/room'
import { attempt } from '../state/toasts'
import { Icon } from '../ui/icons'
import { Button } from '../ui/kit'

const patience = 5000 // ms: help must not wait for a good position

/** Where this device is, if it finds out soon; a call without a place is better than none. */
export function whereNow(): Promise<Fix | undefined> {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(undefined)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy }),
      () => resolve(undefined),
      { enableHighAccuracy: true, timeout: patience, maximumAge: 30_000 },
    )
    setTimeout(() => resolve(undefined), 2 * patience) // the browser's question was not answered
  })
}

/** Calls for help that are open, whatever else is shown: one's own, which one can end, and those of others, whom one can find and answer. */
export function Calls({ store, onShow }: { store: RoomStore; onShow: (userId: string) => void }) {
  const calls = store.sos.value
  return (
    <div role="alert" class="calls">
      {calls.map((c) => {
        const mine = c.userId === store.me
        return (
          <div key={c.id} class="call">
            <p><Icon name="alert" /> <strong>{mine ? t('sos.mine') : t('sos.other', { name: store.nameOf(c.userId, c.userName) })}</strong></p>
            {c.message && <p dir="auto">{c.message}</p>}
            <div class="actions">
              {mine
                ? <Button onClick={() => void attempt(() => store.live.cancelSOS(c.id))}>{t('sos.cancel')}</Button>
                : <>
                    <Button onClick={() => onShow(c.userId)}>{t('sos.show')}</Button>
                    <Button onClick={() => void attempt(() => store.live.answerSOS(c.id))}>{t('sos.answer')}</Button>
                  </>}
            </div>
          </div>
        )
      })}
    </div>
  )
}
