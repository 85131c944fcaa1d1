import { useState } from 'preact/hooks'

import { say } from '../errors'
import { t } from '../i18n'
import { go, roomPath } from '../router'
import { enter } from '../state/rooms'
import { user } from '../state/session'
import { Journey } from '../ui/journey'
import { Button, Field } from '../ui/kit'
import { Page } from '../ui/shell'

/** What a link to join opens. */
export function Join({ code }: { code: string }) {
  const [nickname, setNickname] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    setWrong(null)
    try {
      go(roomPath(await enter(code, nickname.trim())), 'replace')
    } catch (error) {
      setWrong(say(error))
      setBusy(false)
    }
  }
  return (
    <Page>
      <div class="signin">
        <Journey />
        <h1>{t('join.title')}</h1>
        <p>{t('join.hint', { code })}</p>
        <form class="form" onSubmit={(e) => void submit(e)}>
          <Field label={t('join.nickname')} value={nickname} onInput={(e) => setNickname(e.currentTarget.value)} maxLength={50} autoComplete="off"
            placeholder={user.value?.name} hint={t('join.nicknameHint', { name: user.value?.name ?? '' })} />
          {wrong && <p class="wrong" role="alert">{wrong}</p>}
          <Button look="main" type="submit" busy={busy} class="block" autofocus>{t('join.go')}</Button>
          <a class="button plain block" href="/"><span>{t('join.toRooms')}</span></a>
        </form>
      </div>
    </Page>
  )
}
