import { signal } from '@preact/signals'

/** The time, for ages and countdowns: each second while somebody looks, and not at all otherwise. */
export const now = signal(Date.now())

let timer: ReturnType<typeof setInterval> | undefined

function run(): void {
  clearInterval(timer)
  if (document.hidden) return
  now.value = Date.now()
  timer = setInterval(() => (now.value = Date.now()), 1000)
}

export function startClock(): void {
  document.addEventListener('visibilitychange', run)
  run()
}
