import { useEffect } from 'preact/hooks'

import { lang, t } from './i18n'
import { route } from './router'
import { Join } from './screens/join'
import { Rooms } from './screens/rooms'
import { SignIn } from './screens/signin'
import { user } from './state/session'
import { Alarms } from './ui/alarms'
import { later } from './ui/later'
import { ConnectionBanner, Toasts } from './ui/shell'

// Nobody waits for the code of a room to be asked for their name.
const Room = later(() => import('./room/room').then((m) => m.RoomScreen), 'screen')
const View = later(() => import('./screens/view').then((m) => m.View), 'screen')

export function App() {
  useEffect(() => void (document.documentElement.lang = lang.value), [lang.value])
  useEffect(() => {
    if (route.peek().at !== 'view') (globalThis.requestIdleCallback ?? setTimeout)(Room.fetch)
  }, [])
  return (
    <>
      <a class="skip" href="#main">{t('app.skip')}</a>
      <ConnectionBanner />
      <Screen />
      <Alarms />
      <Toasts />
    </>
  )
}

function Screen() {
  const r = route.value
  if (r.at === 'view') return <View token={r.token} />
  if (!user.value) return <SignIn />
  if (r.at === 'room') return <Room key={r.id} id={r.id} />
  if (r.at === 'join') return <Join key={r.code} code={r.code} />
  return <Rooms />
}
