import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'

import { t } from '../i18n'
import { Icon } from '../ui/icons'

export type Size = 'peek' | 'half' | 'full'
const sizes: readonly Size[] = ['peek', 'half', 'full']

const flick = 0.5 // px per ms: faster than this is a wish for the next size

/** A panel that on phones is a sheet at the bottom: it is drawn up and down, or stepped through with its handle's button. */
export function Sheet({ size, onSize, label, children }: { size: Size; onSize: (size: Size) => void; label: string; children: ComponentChildren }) {
  const ref = useRef<HTMLElement>(null)
  const drag = useRef<{ y: number; height: number; at: number; lastY: number; lastAt: number; speed: number } | null>(null)
  const [dragging, setDragging] = useState(false)

  const down = (e: PointerEvent) => {
    if (e.button !== 0) return
    drag.current = { y: e.clientY, height: ref.current!.offsetHeight, at: e.timeStamp, lastY: e.clientY, lastAt: e.timeStamp, speed: 0 }
    ;(e.currentTarget as Element).setPointerCapture(e.pointerId)
  }
  const move = (e: PointerEvent) => {
    const d = drag.current
    if (!d) return
    if (Math.abs(e.clientY - d.y) > 4) setDragging(true)
    d.speed = (d.lastY - e.clientY) / Math.max(1, e.timeStamp - d.lastAt)
    d.lastY = e.clientY
    d.lastAt = e.timeStamp
    ref.current!.style.setProperty('--dragged', `${d.height + d.y - e.clientY}px`)
  }
  const up = () => {
    const d = drag.current
    drag.current = null
    if (!d) return
    setDragging(false)
    const moved = d.y - d.lastY
    if (Math.abs(moved) <= 4) return // a click, which the button takes
    onSize(settleAt(d.height + moved, ref.current!.parentElement!.clientHeight, d.speed))
  }
  const stepUp = size !== 'full'
  return (
    <section ref={ref} class={`sheet ${size} ${dragging ? 'dragging' : ''}`} aria-label={label}>
      <button type="button" class="sheet-handle" aria-expanded={size !== 'peek'} aria-label={stepUp ? t('room.expand') : t('room.collapse')}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}
        onClick={() => !dragging && onSize(size === 'peek' ? 'half' : size === 'half' ? 'full' : 'peek')}>
        <Icon name="minus" size={28} />
      </button>
      {children}
    </section>
  )
}

/** The size at which a sheet of some height comes to rest. */
export function settleAt(height: number, room: number, speed: number): Size {
  const share = height / room
  const rests = { peek: 0.17, half: 0.5, full: 0.92 }
  const nearest = sizes.reduce((a, b) => (Math.abs(rests[b] - share) < Math.abs(rests[a] - share) ? b : a))
  if (speed > flick) return sizes.find((s) => rests[s] > share) ?? 'full'
  if (speed < -flick) return sizes.findLast((s) => rests[s] < share) ?? 'peek'
  return nearest
}
