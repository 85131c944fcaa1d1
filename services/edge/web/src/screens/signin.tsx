import { useState } from 'preact/hooks'

import { codeOf, say } from '../errors'
import { t } from '../i18n'
import { route } from '../router'
import { wm } from '../sdk'
import { ended } from '../state/session'
import { Journey } from '../ui/journey'
import { Button, Field } from '../ui/kit'
import { Page } from '../ui/shell'

/** What is asked for: a name, the password that protects it, or an account where names alone are not enough. */
type Asked = 'name' | 'password' | 'account'

export function SignIn() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [asked, setAsked] = useState<Asked>('name')
  const [creating, setCreating] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    setWrong(null)
    try {
      if (creating) await wm.api.signUp(name.trim(), password)
      else await wm.api.signIn(name.trim(), asked === 'name' ? undefined : password)
    } catch (error) {
      setBusy(false)
      const code = codeOf(error)
      if (asked === 'name' && code === 'PASSWORD_REQUIRED') setAsked('password')
      else if (asked === 'name' && code === 'OPEN_NAMES_CLOSED') setAsked('account')
      else setWrong(say(error))
    }
  }
  const back = () => {
    setAsked('name')
    setCreating(false)
    setPassword('')
    setWrong(null)
  }

  const invited = route.value.at === 'join'
  const hint = asked === 'password' ? t('signin.protected') : asked === 'account' ? t('signin.closed') : invited ? t('signin.invited') : t('signin.hint')
  return (
    <Page account={false}>
      <div class="signin">
        <Journey />
        <h1>{t('app.tagline')}</h1>
        {ended.value && <p class="note" role="status">{t('signin.ended')}</p>}
        <form class="form" onSubmit={(e) => void submit(e)}>
          <Field label={t('signin.name')} name="username" value={name} onInput={(e) => setName(e.currentTarget.value)} minLength={2} maxLength={50} required
            autoComplete="username" autoCapitalize="words" spellcheck={false} readOnly={asked === 'password'} hint={hint}
            short={t('error.INVALID_NAME')} wrong={asked === 'name' ? wrong : null} autofocus />
          {asked !== 'name' && (
            <Field label={t('signin.password')} name="password" type="password" value={password} onInput={(e) => setPassword(e.currentTarget.value)} required
              minLength={creating ? 6 : 1} maxLength={100} autoComplete={creating ? 'new-password' : 'current-password'} wrong={wrong}
              hint={creating ? t('signin.rules') : undefined} autofocus />
          )}
          <Button look="main" type="submit" busy={busy} class="block">{creating ? t('signin.create') : t('signin.go')}</Button>
          {asked === 'password' && <Button look="plain" class="block" onClick={back}>{t('signin.other')}</Button>}
          {asked === 'account' && (
            <Button look="plain" class="block" onClick={() => setCreating(!creating)}>{creating ? t('signin.have') : t('signin.create')}</Button>
          )}
        </form>
      </div>
    </Page>
  )
}
