import { render } from 'preact'

import './styles/fonts.css'
import './styles/base.css'
import './styles/kit.css'
import './styles/screens.css'
import './styles/room.css'
import './styles/chat.css'
import { App } from './app'
import { follow } from './router'
import { startAlarms } from './state/alarms'
import { startClock } from './state/clock'
import { startSession } from './state/session'

follow()
startClock()
startSession()
startAlarms()
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // After the page: the worker's downloads must not delay what is looked at.
  addEventListener('load', () => void navigator.serviceWorker.register('/sw.js').catch(() => undefined))
}
const place = document.getElementById('app')!
place.replaceChildren() // what was shown until now
render(<App />, place)
