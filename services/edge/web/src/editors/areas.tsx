import type { Geofence, GeofenceShape, Room } from '@wemaps/sdk'
import { useState } from 'preact/hooks'

import { distance } from '../format'
import { t } from '../i18n'
import type { LngLat } from '../map'
import { wm } from '../sdk'
import { toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button } from '../ui/kit'
import { Change, CircleForm, Delete, Line, Lines, useServer } from './parts'
import { ShapeForm } from './shape'

const most = 20
const radii = [50, 100, 300, 1000, 5000] as const // metres

/** The corners of a polygon, each once. */
function openRing({ vertices = [] }: Geofence): LngLat[] {
  const ring = vertices.map((v): LngLat => [v[0]!, v[1]!])
  return ring.length > 3 && ring[0]!.join() === ring.at(-1)!.join() ? ring.slice(0, -1) : ring
}

/** Geofences of a room: all are told who comes in and who goes out. */
export function Areas({ room, onClose }: { room: Room; onClose: () => void }) {
  const { value: areas, wrong, load } = useServer(() => wm.api.geofences(room.id))
  const [open, setOpen] = useState<Geofence | 'circle' | 'polygon' | null>(null)
  const known = typeof open === 'object' ? open : null
  const form = { placeholder: t('areas.placeholder'), most: 100, start: { lat: room.destinationLat, lng: room.destinationLng }, onCancel: () => setOpen(null) }
  const save = async (area: GeofenceShape) => {
    const keep = known ? { dwellSeconds: known.dwellSeconds } : {}
    await (known ? wm.api.changeGeofence(room.id, known.id, { ...area, ...keep }) : wm.api.addGeofence(room.id, area))
    toast(t(known ? 'edit.changed' : 'areas.added', { name: area.name }))
    await load()
  }
  return (
    <Dialog title={t('areas.title')} onClose={onClose}>
      <p>{t('areas.hint')}</p>
      {(known?.kind ?? open) === 'polygon' ? (
        <ShapeForm {...form} known={known ? { name: known.name, ring: openRing(known) } : undefined} onSave={(name, ring) => save({ name, kind: 'polygon', vertices: ring.map((c) => [...c]) })} />
      ) : open ? (
        <CircleForm {...form} label={t('edit.name')} radii={radii}
          known={known?.center ? { name: known.name, place: { lat: known.center[1]!, lng: known.center[0]! }, radius: known.radius ?? 0 } : undefined}
          onSave={({ name, place, radius }) => save({ name, kind: 'circle', center: [place.lng, place.lat], radius })} />
      ) : (
        <>
          <Lines of={areas} wrong={wrong} empty={t('areas.empty')}>
            {areas?.map((g) => (
              <Line key={g.id} title={g.name} hint={g.kind === 'circle' ? distance(g.radius ?? 0) : t('areas.polygon')}>
                <Change name={g.name} onClick={() => setOpen(g)} />
                <Delete label={t('edit.deleteOf', { name: g.name })} run={async () => {
                  await wm.api.removeGeofence(room.id, g.id)
                  await load()
                }} />
              </Line>
            ))}
          </Lines>
          {areas && areas.length < most && (
            <>
              <Button look="main" icon="plus" class="block" onClick={() => setOpen('circle')}>{t('areas.add')}</Button>
              <Button icon="edit" class="block" onClick={() => setOpen('polygon')}>{t('areas.draw')}</Button>
            </>
          )}
        </>
      )}
    </Dialog>
  )
}
