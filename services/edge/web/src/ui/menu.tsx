import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'

import { Icon, type IconName } from './icons'

export interface Action {
  label: string
  icon?: IconName
  danger?: boolean
  run: () => void
}

interface Props {
  label: string
  icon?: IconName
  /** In place of the icon. */
  button?: ComponentChildren
  class?: string
  actions: readonly (Action | null | false | undefined)[]
  /** Above the actions. */
  top?: (close: () => void) => ComponentChildren
}

const gap = 6 // px between button and menu
const edge = 8 // px to the edge of the window

/** A button that opens a menu: arrows move, Escape and a click outside close, the focus comes back. */
export function Menu({ label, icon = 'more', button, class: more, actions, top }: Props) {
  const id = useId()
  const opener = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const close = () => panel.current?.hidePopover()

  const show = () => {
    setOpen(true)
    // After the items are there: then the menu knows its size.
    requestAnimationFrame(() => {
      const menu = panel.current
      if (!menu || menu.matches(':popover-open')) return
      menu.showPopover()
      place(menu, opener.current!)
      menu.querySelector<HTMLElement>('button')?.focus({ preventScroll: true })
    })
  }

  const move = (e: KeyboardEvent) => {
    const all = [...panel.current!.querySelectorAll<HTMLElement>('button')]
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[e.key]
    if (e.key === 'Tab') close()
    if (to === undefined) return
    e.preventDefault()
    all[(to + all.length) % all.length]?.focus()
  }

  return (
    <>
      <button ref={opener} type="button" class={more ?? 'icon-button'} aria-label={label} title={label} aria-haspopup="menu" aria-expanded={open}
        aria-controls={open ? id : undefined} onClick={() => (open ? close() : show())}>
        {button ?? <Icon name={icon} />}
      </button>
      <div ref={panel} id={id} class="menu" role="menu" aria-label={label} popover="auto" onKeyDown={move}
        onToggle={(e) => {
          if ((e as unknown as { newState: string }).newState !== 'closed') return
          setOpen(false)
          if (document.activeElement === document.body || panel.current?.contains(document.activeElement)) opener.current?.focus()
        }}>
        {open && top?.(close)}
        {open && actions.map((a) => a && (
          <button key={a.label} type="button" role="menuitem" class={a.danger ? 'danger' : ''}
            onClick={() => {
              close()
              opener.current?.focus() // a dialog that opens now gives the focus back to where it was, and items go
              a.run()
            }}>
            {a.icon && <Icon name={a.icon} size={20} />}
            {a.label}
          </button>
        ))}
      </div>
    </>
  )
}

function place(menu: HTMLElement, opener: HTMLElement): void {
  const o = opener.getBoundingClientRect()
  const m = menu.getBoundingClientRect()
  const below = o.bottom + gap + m.height < innerHeight - edge
  const left = Math.min(Math.max(edge, o.right - m.width), innerWidth - m.width - edge)
  menu.style.left = `${left}px`
  menu.style.top = `${below ? o.bottom + gap : Math.max(edge, o.top - gap - m.height)}px`
}
