import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { say } from '../errors'
import { t } from '../i18n'
import { complain } from '../state/toasts'
import { codeIsMissing } from '../state/version'
import { Button, Spinner } from './kit'

/** A screen whose code comes when it is first shown, or before, when somebody calls `fetch`. A quiet one, a dialog, is not there until then. */
export function later<P extends object>(fetch: () => Promise<ComponentType<P>>, quiet = false): ComponentType<P> & { fetch: () => void } {
  let Known: ComponentType<P> | null = null
  let coming: Promise<void> | null = null
  const come = () =>
    (coming ??= fetch().then((c) => void (Known = c)).catch((error: unknown) => {
      coming = null
      throw error
    }))
  const Later = (props: P) => {
    const [tries, setTries] = useState(0)
    const [failed, setFailed] = useState<unknown>(null)
    const Shown = Known // now: the code may come before the effect runs, and then nobody would show it
    useEffect(() => {
      if (!Shown) come().then(() => setTries(-1), async (error: unknown) => {
        const known = await codeIsMissing() // which says so itself
        if (!quiet) setFailed(error)
        else if (!known) complain(error)
      })
    }, [tries])
    if (Shown) return <Shown {...props} />
    if (quiet) return null
    if (!failed) return <Spinner label={t('app.loading')} />
    return (
      <div class="empty" role="alert">
        <p>{say(failed)}</p>
        <Button look="main" onClick={() => {
          setFailed(null)
          setTries(tries + 1)
        }}>{t('app.retry')}</Button>
      </div>
    )
  }
  return Object.assign(Later, { fetch: () => void come().catch(() => undefined) })
}
