import { computed, effect, signal } from '@preact/signals'
import type { Live, State } from '@wemaps/sdk'

import { wm } from '../sdk'

export const user = signal(wm.user)
/** Whether the session has ended without its user having asked for it. */
export const ended = signal(false)
export const connection = signal<State>('connecting')
/** The user's one connection; null when nobody is signed in. */
export const live = signal<Live | null>(null)

const userId = computed(() => user.value?.id ?? null)

/** Keeps one connection for whoever is signed in. */
export function startSession(): void {
  wm.on('user', (u) => {
    user.value = u
    if (u) ended.value = false
  })
  wm.on('signed-out', () => (ended.value = true))
  effect(() => {
    if (!userId.value) return
    const connected = wm.connect()
    connection.value = connected.state
    const off = connected.on('state', (s) => (connection.value = s))
    live.value = connected
    return () => {
      off()
      connected.close()
      live.value = null
    }
  })
  for (const event of ['online', 'focus'] as const) addEventListener(event, wake)
  addEventListener('pageshow', (e) => e.persisted && wake())
  document.addEventListener('visibilitychange', () => !document.hidden && wake())
  document.addEventListener('resume', wake) // of a page that the browser had frozen
  let before = Date.now()
  setInterval(() => {
    const passed = Date.now() - before
    before += passed
    if (passed > slept && !document.hidden) wake() // timers of hidden pages are late for other reasons
  }, beat)
}

// A page that is looked at when the lid is closed hears of nothing when it is opened: only the clock has moved on.
const beat = 2000 // ms
const slept = 20_000 // ms

/** A laptop that opens its lid finds its connection dead, or about to be. */
function wake(): void {
  void live.peek()?.wake()
}
