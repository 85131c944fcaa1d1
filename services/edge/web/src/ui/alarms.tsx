import { t } from '../i18n'
import { go, roomPath } from '../router'
import { alarms, silence } from '../state/alarms'
import { useAbove } from './above'
import { Icon } from './icons'
import { Button, IconButton } from './kit'

/** Calls for help in rooms that are not open, above whatever is, until somebody cares for them or the user has seen them. */
export function Alarms() {
  const place = useAbove(alarms.value.length > 0, alarms.value.map((a) => a.id).join())
  return (
    <div ref={place} popover="manual" class="alarms" role="alert">
      {alarms.value.map((a) => (
        <div key={a.id} class="alarm">
          <Icon name="alert" />
          <div>
            <p dir="auto">{t('sos.in', { name: a.name, room: a.room })}</p>
            <Button look="plain" onClick={() => go(roomPath(a.roomId))}>{t('sos.open')}</Button>
          </div>
          <IconButton icon="close" label={t('app.close')} size={18} onClick={() => silence(a.id)} />
        </div>
      ))}
    </div>
  )
}
