import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { lang, langs, setLang, t, type Lang } from '../i18n'
import { wm } from '../sdk'
import { connection, live, user } from '../state/session'
import { attempt, dismiss, toast, toasts } from '../state/toasts'
import { useAbove } from './above'
import { Dialog } from './dialog'
import { Mark } from './icons'
import { Avatar, Button, Field, IconButton, Main } from './kit'
import { later } from './later'
import { Menu } from './menu'

const Zones = later(() => import('../editors/zones').then((m) => m.Zones), 'quiet')
const OwnTracks = later(() => import('../editors/tracks').then((m) => m.OwnTracks), 'quiet')

/** The page around screens that are not the map. */
export function Page({ children, account = true }: { children: ComponentChildren; account?: boolean }) {
  return (
    <div class="page">
      <header class="top">
        <a class="brand" href="/">
          <Mark size={34} />
          <span>WeMaps</span>
        </a>
        {account && user.value ? <Account /> : <LanguageMenu />}
      </header>
      <Main>{children}</Main>
    </div>
  )
}

const languageActions = () =>
  (Object.keys(langs) as Lang[]).filter((l) => l !== lang.value).map((l) => ({ label: langs[l], icon: 'globe' as const, run: () => setLang(l) }))

export function LanguageMenu() {
  return <Menu label={t('app.language')} icon="globe" actions={languageActions()} />
}

/** Who one is, and what one can do about it. */
export function Account() {
  const [open, setOpen] = useState<'rename' | 'protect' | 'zones' | 'tracks' | null>(null)
  const me = user.value
  if (!me) return null
  return (
    <>
      <Menu label={`${t('account.menu')}: ${me.name}`} class="account" button={<Avatar id={me.id} name={me.name} size={38} />}
        top={() => <p class="menu-title">{me.name}</p>}
        actions={[
          { label: t('account.rename'), icon: 'edit', run: () => setOpen('rename') },
          { label: t('account.protect'), icon: 'lock', run: () => setOpen('protect') },
          { label: t('zones.title'), icon: 'area', run: () => setOpen('zones') },
          { label: t('tracks.title'), icon: 'way', run: () => setOpen('tracks') },
          ...languageActions(),
          { label: t('account.signout'), icon: 'out', run: () => void wm.api.signOut() },
        ]} />
      {open === 'rename' && <Rename name={me.name} onClose={() => setOpen(null)} />}
      {open === 'protect' && <Protect onClose={() => setOpen(null)} />}
      {open === 'zones' && <Zones onClose={() => setOpen(null)} />}
      {open === 'tracks' && <OwnTracks onClose={() => setOpen(null)} />}
    </>
  )
}

function Rename({ name, onClose }: { name: string; onClose: () => void }) {
  const [value, setValue] = useState(name)
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    const done = value.trim() === name || (await attempt(async () => toast(t('account.renamed', { name: (await wm.api.rename(value.trim())).name }))))
    setBusy(false)
    if (done) onClose()
  }
  return (
    <Dialog title={t('account.rename')} onClose={onClose}>
      <form class="form" onSubmit={(e) => void submit(e)}>
        <Field label={t('signin.name')} value={value} onInput={(e) => setValue(e.currentTarget.value)} minLength={2} maxLength={50} required
          short={t('error.INVALID_NAME')} autoComplete="nickname" data-autofocus />
        <div class="actions">
          <Button look="plain" onClick={onClose}>{t('app.cancel')}</Button>
          <Button look="main" type="submit" busy={busy}>{t('app.save')}</Button>
        </div>
      </form>
    </Dialog>
  )
}

function Protect({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('')
  const [current, setCurrent] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    const done = await attempt(() => wm.api.setPassword(password, current))
    setBusy(false)
    if (!done) return
    toast(t('account.protected'))
    onClose()
  }
  return (
    <Dialog title={t('account.protect')} onClose={onClose}>
      <form class="form" onSubmit={(e) => void submit(e)}>
        <p>{t('account.protectHint')}</p>
        <input type="text" class="visually-hidden" autoComplete="username" value={user.value?.name ?? ''} readOnly tabIndex={-1} aria-hidden="true" />
        <Field label={t('account.current')} type="password" value={current} onInput={(e) => setCurrent(e.currentTarget.value)} maxLength={100}
          autoComplete="current-password" data-autofocus />
        <Field label={t('account.new')} type="password" value={password} onInput={(e) => setPassword(e.currentTarget.value)} minLength={6} maxLength={100}
          required autoComplete="new-password" hint={t('signin.rules')} />
        <div class="actions">
          <Button look="plain" onClick={onClose}>{t('app.cancel')}</Button>
          <Button look="main" type="submit" busy={busy}>{t('app.save')}</Button>
        </div>
      </form>
    </Dialog>
  )
}

const patience = 1500 // ms: a connection that comes back sooner is not worth a word

/** Says when there is no connection, and when there is one again. */
export function ConnectionBanner() {
  const state = live.value ? connection.value : 'closed'
  const [shown, setShown] = useState<'none' | 'lost' | 'back'>('none')
  useEffect(() => {
    if (state === 'closed') return setShown('none') // nobody is signed in
    if (state === 'online') {
      setShown((s) => (s === 'lost' ? 'back' : 'none'))
      const timer = setTimeout(() => setShown('none'), 2500)
      return () => clearTimeout(timer)
    }
    const timer = setTimeout(() => setShown('lost'), patience)
    return () => clearTimeout(timer)
  }, [state])
  return (
    <div class="banner-place" role="status">
      {shown !== 'none' && (
        <p class={`banner ${shown}`}>{shown === 'back' ? t('net.back') : state === 'connecting' ? t('net.connecting') : t('net.offline')}</p>
      )}
    </div>
  )
}

/** What is said in passing, above whatever is open: a dialog that was opened before covers all but what is shown after it. */
export function Toasts() {
  const place = useAbove(toasts.value.length > 0, toasts.value)
  return (
    <div ref={place} popover="manual" class="toasts" role="status" aria-live="polite">
      {toasts.value.map((x) => (
        <div key={x.id} class={`toast ${x.kind}`}>
          <p>{x.text}</p>
          {x.action && (
            <Button look="plain" onClick={() => {
              dismiss(x.id)
              x.action!.run()
            }}>{x.action.label}</Button>
          )}
          <IconButton icon="close" label={t('app.close')} size={18} onClick={() => dismiss(x.id)} />
        </div>
      ))}
    </div>
  )
}
