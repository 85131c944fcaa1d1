import { useEffect } from 'preact/hooks'

import { lang, t } from './i18n'
import { RoomScreen } from './room/room'
import { route } from './router'
import { Join } from './screens/join'
import { Rooms } from './screens/rooms'
import { SignIn } from './screens/signin'
import { View } from './screens/view'
import { user } from './state/session'
import { ConnectionBanner, Toasts } from './ui/shell'

export function App() {
  useEffect(() => void (document.documentElement.lang = lang.value), [lang.value])
  return (
    <>
      <a class="skip" href="#main">{t('app.skip')}</a>
      <ConnectionBanner />
      <Screen />
      <Toasts />
    </>
  )
}

function Screen() {
  const r = route.value
  if (r.at === 'view') return <View token={r.token} />
  if (!user.value) return <SignIn />
  if (r.at === 'room') return <RoomScreen key={r.id} id={r.id} />
  if (r.at === 'join') return <Join key={r.code} code={r.code} />
  return <Rooms />
}
