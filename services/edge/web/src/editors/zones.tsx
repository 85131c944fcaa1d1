import type { PrivacyZone } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { distance } from '../format'
import { t } from '../i18n'
import { wm } from '../sdk'
import { toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button, Choice } from '../ui/kit'
import { Change, CircleForm, Delete, Line, Lines, useServer } from './parts'

const most = 10
const radii = [100, 200, 500, 1000, 2000] as const // metres
const ways = ['hidden', 'approximate'] as const

/** Circles around home, work and the like, in which the others are shown less of the user, in all rooms. */
export function Zones({ onClose }: { onClose: () => void }) {
  const { value: zones, wrong, load } = useServer(() => wm.api.privacyZones())
  const [open, setOpen] = useState<PrivacyZone | 'new' | null>(null)
  const known = open === 'new' ? null : open
  const [precision, setPrecision] = useState<PrivacyZone['precision']>('hidden')
  return (
    <Dialog title={t('zones.title')} onClose={onClose}>
      <p>{t('zones.hint')}</p>
      {open ? (
        <CircleForm label={t('edit.name')} placeholder={t('zones.placeholder')} most={50} radii={radii} onCancel={() => setOpen(null)}
          known={known ? { name: known.name, place: { lat: known.latitude, lng: known.longitude }, radius: known.radius } : undefined}
          onSave={async ({ name, place, radius }) => {
            const zone = { name, latitude: place.lat, longitude: place.lng, radius, precision }
            await (known ? wm.api.updatePrivacyZone(known.id, zone) : wm.api.createPrivacyZone(zone))
            toast(t(known ? 'edit.changed' : 'zones.added', { name }))
            await load()
          }}>
          <Choice label={t('zones.how')} value={precision} options={ways} show={(w) => t(`zones.${w}`)} onChange={setPrecision} />
        </CircleForm>
      ) : (
        <>
          <Lines of={zones} wrong={wrong} empty={t('zones.empty')}>
            {zones?.map((z) => (
              <Line key={z.id} title={z.name} hint={`${distance(z.radius)} · ${t(`zones.${z.precision}`)}`}>
                <Change name={z.name} onClick={() => {
                  setPrecision(z.precision)
                  setOpen(z)
                }} />
                <Delete label={t('edit.deleteOf', { name: z.name })} run={async () => {
                  await wm.api.deletePrivacyZone(z.id)
                  await load()
                }} />
              </Line>
            ))}
          </Lines>
          {zones && zones.length < most && <Button look="main" icon="plus" class="block" onClick={() => {
            setPrecision('hidden')
            setOpen('new')
          }}>{t('zones.add')}</Button>}
        </>
      )}
    </Dialog>
  )
}
