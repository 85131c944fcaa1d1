import type { Room } from '@wemaps/sdk'
import { useMemo, useState } from 'preact/hooks'
import { encode } from 'uqr'

import { t } from '../i18n'
import { joinLink } from '../router'
import { wm } from '../sdk'
import { attempt, toast } from '../state/toasts'
import { Confirm, Dialog } from '../ui/dialog'
import { Button } from '../ui/kit'

/** A QR code as one path, dark on light in every theme: many readers know nothing else. */
export function QR({ text, label }: { text: string; label: string }) {
  const { size, d } = useMemo(() => {
    const { data } = encode(text, { ecc: 'M', border: 2 })
    const d = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ''))).join('')
    return { size: data.length, d }
  }, [text])
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={d} fill="#14201c" />
    </svg>
  )
}

export async function copy(text: string): Promise<void> {
  await attempt(async () => {
    if (navigator.clipboard) await navigator.clipboard.writeText(text)
    else copyByHand(text)
    toast(t('app.copied'))
  })
}

/** Pages that do not come by https, such as that of a computer in the next room, have no clipboard. */
function copyByHand(text: string): void {
  const before = document.activeElement as HTMLElement | null
  const field = Object.assign(document.createElement('textarea'), { value: text, className: 'visually-hidden' })
  ;(document.querySelector('dialog[open]') ?? document.body).append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  before?.focus()
  if (!done) throw new Error('the browser does not copy')
}

export function Invite({ room, canRotate, onClose }: { room: Room; canRotate: boolean; onClose: () => void }) {
  const [rotating, setRotating] = useState(false)
  const link = joinLink(room.roomCode)
  return (
    <Dialog title={t('invite.title')} onClose={onClose}>
      <p>{t('invite.hint')}</p>
      <div class="invite">
        <QR text={link} label={t('invite.qr', { link })} />
        <button type="button" class="code" onClick={() => void copy(room.roomCode)} title={t('app.copy')}>
          <span class="visually-hidden">{t('rooms.code')} </span>{room.roomCode}
        </button>
      </div>
      <div class="actions center">
        {'share' in navigator && (
          <Button look="main" icon="share" onClick={() => void navigator.share({ title: room.name, text: t('invite.text', { room: room.name }), url: link }).catch(() => undefined)}>
            {t('invite.share')}
          </Button>
        )}
        <Button look={'share' in navigator ? 'soft' : 'main'} icon="link" onClick={() => void copy(link)} data-autofocus>{t('invite.copy')}</Button>
      </div>
      {canRotate && <Button look="plain" icon="refresh" class="block" onClick={() => setRotating(true)}>{t('invite.rotate')}</Button>}
      {rotating && <Confirm title={t('invite.rotate')} hint={t('invite.rotateHint')} action={t('invite.rotate')} danger={false} onClose={() => setRotating(false)}
        run={async () => {
          await wm.api.rotateCode(room.id)
          toast(t('invite.rotated'))
        }} />}
    </Dialog>
  )
}
