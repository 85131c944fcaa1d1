import { toChildArray, type ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

import { t } from '../i18n'
import { Icon, type IconName } from '../ui/icons'

interface Tab<T extends string> {
  id: T
  label: string
  icon: IconName
  count?: number
  badge?: number
}

/** Tabs whose panels are its children, in order; arrows move between them. */
export function Tabs<T extends string>({ label, tabs, active, onTab, children }: {
  label: string
  tabs: readonly Tab<T>[]
  active: T
  onTab: (id: T) => void
  children: ComponentChildren
}) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const key = (e: KeyboardEvent) => {
    const at = tabs.findIndex((x) => x.id === active)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[e.key]
    if (to === undefined) return
    e.preventDefault()
    const next = (to + tabs.length) % tabs.length
    onTab(tabs[next]!.id)
    list.current?.querySelectorAll('button')[next]?.focus()
  }
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={key}>
        {tabs.map((x) => (
          <button key={x.id} type="button" role="tab" id={`${id}-${x.id}`} aria-selected={x.id === active} aria-controls={`${id}-${x.id}-panel`}
            tabIndex={x.id === active ? 0 : -1} onClick={() => onTab(x.id)}>
            <Icon name={x.icon} size={20} />
            {x.label}
            {x.count !== undefined && <span class="count">{x.count}</span>}
            {!!x.badge && (
              <span class="badge">
                <span aria-hidden="true">{x.badge}</span>
                <span class="visually-hidden">{t('rooms.unread', { n: x.badge })}</span>
              </span>
            )}
          </button>
        ))}
      </div>
      {toChildArray(children).map((panel, i) => (
        <div key={tabs[i]!.id} role="tabpanel" id={`${id}-${tabs[i]!.id}-panel`} aria-labelledby={`${id}-${tabs[i]!.id}`} class="tab-panel" hidden={tabs[i]!.id !== active}>
          {panel}
        </div>
      ))}
    </>
  )
}
