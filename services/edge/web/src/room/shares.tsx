import type { Room, ShareLink } from '@wemaps/sdk'
import { useEffect, useState } from 'preact/hooks'

import { say } from '../errors'
import { lasting, moment } from '../format'
import { t } from '../i18n'
import { viewLink } from '../router'
import { wm } from '../sdk'
import { attempt, toast } from '../state/toasts'
import { Dialog } from '../ui/dialog'
import { Button, Choice, Spinner } from '../ui/kit'
import { copy } from './invite'

const lengths = [1, 6, 24, 168] as const // hours

/** Links with which somebody without a name may look on. */
export function Shares({ room, onClose }: { room: Room; onClose: () => void }) {
  const [links, setLinks] = useState<ShareLink[] | null>(null)
  const [wrong, setWrong] = useState<string | null>(null)
  const [hours, setHours] = useState<number>(6)
  const [made, setMade] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const load = () => wm.api.shareLinks(room.id).then(setLinks, (e: unknown) => setWrong(say(e)))
  useEffect(() => void load(), [])

  const create = async () => {
    setBusy(true)
    await attempt(async () => {
      const link = await wm.api.createShareLink(room.id, { expiresIn: hours })
      setMade(viewLink(link.token!))
      await load()
    })
    setBusy(false)
  }
  const revoke = (link: ShareLink) => attempt(async () => {
    await wm.api.revokeShareLink(room.id, link.id)
    setMade(null)
    toast(t('shares.revoked'))
    await load()
  })
  return (
    <Dialog title={t('shares.title')} onClose={onClose}>
      <p>{t('shares.hint')}</p>
      {made && (
        <div class="made">
          <label for="made-link">{t('shares.once')}</label>
          <div class="join-line">
            <input id="made-link" readOnly value={made} onFocus={(e) => e.currentTarget.select()} />
            <Button look="main" icon="copy" onClick={() => void copy(made)}>{t('app.copy')}</Button>
          </div>
        </div>
      )}
      {!made && (
        <>
          <Choice label={t('shares.howLong')} value={hours} options={lengths} show={lasting} onChange={setHours} />
          <Button look="main" icon="link" busy={busy} class="block" onClick={() => void create()} data-autofocus>{t('shares.create')}</Button>
        </>
      )}
      {wrong && <p class="wrong" role="alert">{wrong}</p>}
      {!links && !wrong && <Spinner label={t('app.loading')} />}
      {links?.length === 0 && <p class="hint">{t('shares.empty')}</p>}
      {!!links?.length && (
        <ul class="lines">
          {links.map((l) => (
            <li key={l.id}>
              <span>
                <strong>{t('shares.until', { time: moment(new Date(l.expiresAt)) })}</strong>
                <span class="hint">{t('shares.made', { time: moment(new Date(l.createdAt)) })}</span>
              </span>
              <Button look="danger" onClick={() => void revoke(l)}>{t('shares.revoke')}</Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  )
}
