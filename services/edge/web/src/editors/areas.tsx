import type { Geofence, GeofenceShape, Room } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { distance } from '../format'
import { t } from '../i18n'
import { wm } from '../sdk'
import { toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button } from '../ui/kit'
import { Change, CircleForm, Delete, Line, Lines, useServer } from './parts'

const most = 20
const radii = [50, 100, 300, 1000, 5000] as const // metres

/** Geofences of a room: all are told who comes in and who goes out. */
export function Areas({ room, onClose }: { room: Room; onClose: () => void }) {
  const { value: areas, wrong, load } = useServer(() => wm.api.geofences(room.id))
  const [open, setOpen] = useState<Geofence | 'new' | null>(null)
  const known = open === 'new' ? null : open
  return (
    <Dialog title={t('areas.title')} onClose={onClose}>
      <p>{t('areas.hint')}</p>
      {open ? (
        <CircleForm label={t('edit.name')} placeholder={t('areas.placeholder')} most={100} radii={radii} start={{ lat: room.destinationLat, lng: room.destinationLng }} onCancel={() => setOpen(null)}
          known={known?.center ? { name: known.name, place: { lat: known.center[1]!, lng: known.center[0]! }, radius: known.radius ?? 0 } : undefined}
          onSave={async ({ name, place, radius }) => {
            const area: GeofenceShape = { name, kind: 'circle', center: [place.lng, place.lat], radius }
            await (known ? wm.api.changeGeofence(room.id, known.id, area) : wm.api.addGeofence(room.id, area))
            toast(t(known ? 'edit.changed' : 'areas.added', { name }))
            await load()
          }} />
      ) : (
        <>
          <Lines of={areas} wrong={wrong} empty={t('areas.empty')}>
            {areas?.map((g) => (
              <Line key={g.id} title={g.name} hint={g.kind === 'circle' ? distance(g.radius ?? 0) : t('areas.polygon')}>
                {g.kind === 'circle' && <Change name={g.name} onClick={() => setOpen(g)} />}
                <Delete label={t('edit.deleteOf', { name: g.name })} run={async () => {
                  await wm.api.removeGeofence(room.id, g.id)
                  await load()
                }} />
              </Line>
            ))}
          </Lines>
          {areas && areas.length < most && <Button look="main" icon="plus" class="block" onClick={() => setOpen('new')}>{t('areas.add')}</Button>}
        </>
      )}
    </Dialog>
  )
}
