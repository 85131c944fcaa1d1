import type { Room } from '@wemaps/sdk'

import { distance } from '../format'
import { t } from '../i18n'
import { wm } from '../sdk'
import { toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Delete, Line, Lines, Upload, useServer } from './parts'

/** The way that a room goes: everybody sees it on the map, and how far along it everybody is. */
export function RouteEditor({ room, onClose }: { room: Room; onClose: () => void }) {
  const { value: routes, wrong, load } = useServer(async () => {
    const route = await wm.api.routeIfAny(room.id)
    return route ? [route] : []
  })
  return (
    <Dialog title={t('way.title')} onClose={onClose}>
      <p>{t('way.hint')}</p>
      <Lines of={routes} wrong={wrong} empty={t('way.empty')}>
        {routes?.map((r) => (
          <Line key={r.id} title={r.name || t('way.unnamed')} hint={[distance(r.length), ...(r.followsRoom ? [] : [t('way.elsewhere')])].join(' · ')}>
            <Delete label={t('edit.deleteOf', { name: r.name || t('way.unnamed') })} run={async () => {
              await wm.api.removeRoute(room.id)
              await load()
            }} />
          </Line>
        ))}
      </Lines>
      <Upload look="main" label={t(routes?.length ? 'way.replace' : 'way.upload')} onText={async (text) => {
        await wm.api.setRoute(room.id, text)
        toast(t('way.added'))
        await load()
      }} />
    </Dialog>
  )
}
