import { signal } from '@preact/signals'

import { say } from '../errors'

export interface Toast {
  id: number
  text: string
  kind: 'plain' | 'error'
  action?: { label: string; run(): void }
}

export const toasts = signal<readonly Toast[]>([])

let counter = 0
const shownFor = 5000 // ms

/** Says something in passing. */
export function toast(text: string, options: Partial<Pick<Toast, 'kind' | 'action'>> = {}): void {
  const id = ++counter
  toasts.value = [...toasts.value.slice(-2), { id, text, kind: 'plain', ...options }]
  setTimeout(() => dismiss(id), options.action ? 2 * shownFor : shownFor)
}

export const complain = (error: unknown): void => toast(say(error), { kind: 'error' })

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((x) => x.id !== id)
}

/** Runs something for a click, and says what went wrong. */
export async function attempt(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    complain(error)
    return false
  }
}
