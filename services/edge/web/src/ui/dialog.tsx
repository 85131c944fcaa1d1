import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'

import { t } from '../i18n'
import { attempt } from '../state/toasts'
import { Button, IconButton } from './kit'

/** A native modal dialog: it keeps the focus, gives it back, and closes with Escape. */
export function Dialog({ title, onClose, children, wide = false }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const dialog = ref.current!
    const opener = document.activeElement as HTMLElement | null
    dialog.showModal()
    // Without this the close button would be the first thing to have the focus, on phones also in place of a keyboard.
    const first = dialog.querySelector<HTMLElement>('[data-autofocus]')
    if (first) first.focus()
    else dialog.focus()
    return () => {
      dialog.close()
      if (opener?.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog ref={ref} class={wide ? 'wide' : ''} aria-labelledby={id} tabIndex={-1}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onMouseDown={(e) => e.target === ref.current && onClose()}>
      <div class="dialog">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label={t('app.close')} onClick={onClose} />
        </div>
        <div class="dialog-body">{children}</div>
      </div>
    </dialog>
  )
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, hint, action, danger = true, run, onClose }: {
  title: string
  hint: string
  action: string
  danger?: boolean
  run: () => Promise<unknown>
  onClose: () => void
}) {
  const [busy, setBusy] = useState(false)
  const act = async () => {
    setBusy(true)
    if (await attempt(run)) onClose()
    else setBusy(false)
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{hint}</p>
      <div class="actions">
        <Button look="plain" onClick={onClose} data-autofocus>{t('app.cancel')}</Button>
        <Button look={danger ? 'danger' : 'main'} busy={busy} onClick={() => void act()}>{action}</Button>
      </div>
    </Dialog>
  )
}
