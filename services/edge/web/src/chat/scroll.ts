import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { RefObject } from 'preact'

const close = 48 // px to the end that count as being there

export interface Scroll {
  ref: RefObject<HTMLOListElement | null>
  atEnd: Signal<boolean>
  /** Remembers what is looked at; to be called when it is scrolled. */
  track: () => void
  toEnd: () => void
  /** Brings a line into view as soon as it is there. */
  show: (key: string) => void
}

/** Keeps what is looked at in its place while lines come and go, and the end in view while one is at the end. */
export function useScroll(changes: readonly unknown[]): Scroll {
  const ref = useRef<HTMLOListElement>(null)
  const atEnd = useSignal(true)
  const anchor = useRef<{ key: string; top: number } | null>(null)
  const wanted = useRef<string | null>(null)

  const track = () => {
    const list = ref.current
    if (!list || list.clientHeight === 0) return // not shown
    atEnd.value = list.scrollHeight - list.scrollTop - list.clientHeight < close
    anchor.current = null
    for (const line of list.children as HTMLCollectionOf<HTMLElement>) {
      if (line.offsetTop + line.offsetHeight <= list.scrollTop || line.dataset.key === 'start') continue
      anchor.current = { key: line.dataset.key ?? '', top: line.offsetTop - list.scrollTop }
      break
    }
  }
  const lineOf = (key: string) => ref.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
  const settle = () => {
    const list = ref.current
    if (!list || list.clientHeight === 0) return
    const line = wanted.current && lineOf(wanted.current)
    if (line) {
      wanted.current = null
      atEnd.value = false
      line.scrollIntoView({ block: 'center' })
      line.classList.add('flash')
      setTimeout(() => line.classList.remove('flash'), 1600)
    } else if (atEnd.peek()) {
      list.scrollTop = list.scrollHeight
    } else if (anchor.current) {
      const kept = lineOf(anchor.current.key)
      if (kept) list.scrollTop = kept.offsetTop - anchor.current.top
    }
  }

  useLayoutEffect(settle, changes)
  useEffect(() => {
    const list = ref.current!
    const observer = new ResizeObserver(settle) // the keyboard of a phone, a sheet that is drawn up
    observer.observe(list)
    return () => observer.disconnect()
  }, [])

  return {
    ref,
    atEnd,
    track,
    toEnd() {
      atEnd.value = true
      requestAnimationFrame(settle)
    },
    show(key) {
      wanted.current = key
      requestAnimationFrame(settle)
    },
  }
}
