import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { say } from '../errors'
import { t } from '../i18n'
import { complain } from '../state/toasts'
import { codeIsMissing } from '../state/version'
import { Button, Main, Spinner } from './kit'

/**
 * What is shown when its code has come, which is fetched when it is first shown, or before, when somebody calls `fetch`. Until then a part
 * of a screen and a whole one say that they load; a quiet one, a dialog, is not there.
 */
export function later<P extends object>(fetch: () => Promise<ComponentType<P>>, what: 'part' | 'screen' | 'quiet' = 'part'): ComponentType<P> & { fetch: () => void } {
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
        if (what !== 'quiet') setFailed(error)
        else if (!known) complain(error)
      })
    }, [tries])
    if (Shown) return <Shown {...props} />
    if (what === 'quiet') return null
    if (!failed) return <Spinner label={t('app.loading')} whole={what === 'screen'} />
    const wrong = (
      <div class="empty" role="alert">
        <p>{say(failed)}</p>
        <Button look="main" onClick={() => {
          setFailed(null)
          setTries(tries + 1)
        }}>{t('app.retry')}</Button>
      </div>
    )
    return what === 'screen' ? <Main>{wrong}</Main> : wrong
  }
  return Object.assign(Later, { fetch: () => void come().catch(() => undefined) })
}
