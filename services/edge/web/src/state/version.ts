import { t } from '../i18n'
import { ownPosition } from '../position'
import { toast } from './toasts'

const oncePer = 60_000 // ms: a page that is still old after a reload does not reload for ever
const lookEvery = 1000 // ms
const stored = 'wemaps.renewed'

// Whether the server has another build of the page than this tab, which therefore cannot load the rest of its own.
let outdated = false
let asking: Promise<boolean> | null = null

/** Some code of the page did not come: tells whether it is gone because the page was built anew, and takes the new one then. */
export const codeIsMissing = (): Promise<boolean> => (asking ??= look().finally(() => (asking = null)))

async function look(): Promise<boolean> {
  if (outdated) return true
  if (!(await renewed())) return false
  outdated = true
  if (unsaved()) toast(t('app.newer'), { action: { label: t('app.reload'), run: reload } })
  const timer = setInterval(() => {
    if (unsaved()) return
    clearInterval(timer)
    reload()
  }, lookEvery)
  return true
}

function reload(): void {
  sessionStorage.setItem(stored, String(Date.now()))
  location.reload()
}

async function renewed(): Promise<boolean> {
  const entry = document.querySelector<HTMLScriptElement>('script[type=module][src]')
  if (!entry || Date.now() - Number(sessionStorage.getItem(stored)) < oncePer) return false
  try {
    const answer = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(10_000) })
    return answer.ok && !(await answer.text()).includes(new URL(entry.src).pathname)
  } catch {
    return false // without a network nothing is known, and nothing is better afterwards
  }
}

/** Whether a reload would lose something: a text, an open dialog, a message that is not sent, a track that is driven. */
export function unsaved(): boolean {
  if (ownPosition.source.peek() === 'drive' || unsent.some((f) => f()) || document.querySelector('dialog[open]')) return true
  return [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')].some((e) =>
    !['checkbox', 'radio', 'file'].includes(e.type) && !e.readOnly && e.value.trim() !== '')
}

const unsent: (() => boolean)[] = []

/** Whoever holds what a reload would lose says so. */
export const holds = (f: () => boolean): unknown => unsent.push(f)
