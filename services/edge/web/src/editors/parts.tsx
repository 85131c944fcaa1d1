import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

import { say } from '../errors'
import { distance } from '../format'
import { t } from '../i18n'
import { parsePlace, showPlace, type Place } from '../place'
import { PlaceField } from '../screens/place'
import { attempt } from '../state/toasts'
import { Button, Choice, Field, Spinner } from '../ui/kit'

/** Something that is read from the server, and read again after each change. */
export function useServer<T>(read: () => Promise<T>): { value: T | null; wrong: string | null; load: () => Promise<void> } {
  const [value, setValue] = useState<T | null>(null)
  const [wrong, setWrong] = useState<string | null>(null)
  const load = () => read().then((v) => {
    setValue(v)
    setWrong(null)
  }, (e: unknown) => setWrong(say(e)))
  useEffect(() => void load(), [])
  return { value, wrong, load }
}

/** A list that may still be coming, be empty, or not be there. */
export function Lines({ of, wrong, empty, children }: { of: readonly unknown[] | null | undefined; wrong: string | null; empty: string; children: ComponentChildren }) {
  if (wrong) return <p class="wrong" role="alert">{wrong}</p>
  if (!of) return <Spinner label={t('app.loading')} />
  if (of.length === 0) return <p class="hint">{empty}</p>
  return <ul class="lines">{children}</ul>
}

/** One line: what it is, and what can be done with it. */
export function Line({ title, hint, children }: { title: string; hint: string; children: ComponentChildren }) {
  return (
    <li>
      <span>
        <strong dir="auto">{title}</strong>
        <span class="hint">{hint}</span>
      </span>
      <span class="line-actions">{children}</span>
    </li>
  )
}

/** A button that asks once more before something is gone: where it was, so that the keyboard stays there. */
export function Delete({ label, text = t('edit.delete'), run }: { label: string; text?: string; run: () => Promise<unknown> }) {
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const act = async () => {
    if (!sure) return setSure(true)
    setBusy(true)
    await attempt(run)
    setBusy(false)
    setSure(false)
  }
  return <Button look={sure ? 'danger' : 'soft'} busy={busy} aria-label={sure ? undefined : label} onClick={() => void act()} onBlur={() => setSure(false)}>{sure ? t('edit.sure') : text}</Button>
}

/** A button that opens the form of something. */
export const Change = ({ name, onClick }: { name: string; onClick: () => void }) => <Button look="soft" aria-label={t('edit.changeOf', { name })} onClick={onClick}>{t('edit.change')}</Button>

/** A file of the reader's, as text. */
export function Upload({ label, look = 'soft', onText }: { label: string; look?: 'main' | 'soft'; onText: (text: string, name: string) => Promise<unknown> }) {
  const input = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  return (
    <>
      <Button look={look} icon="plus" class="block" busy={busy} onClick={() => input.current?.click()}>{label}</Button>
      <input ref={input} type="file" class="visually-hidden" accept=".gpx,application/gpx+xml" aria-label={label} tabIndex={-1} onChange={(e) => {
        const file = e.currentTarget.files?.[0]
        e.currentTarget.value = ''
        if (!file) return
        setBusy(true)
        void attempt(async () => onText(await file.text(), file.name.replace(/\.gpx$/i, ''))).then(() => setBusy(false))
      }} />
    </>
  )
}

export interface Circle {
  name: string
  place: Place
  radius: number // metres
}

/** A circle on the map with a name: a zone of one's own, an area of a room. */
export function CircleForm({ label, placeholder, most, radii, known, start, children, onSave, onCancel }: {
  label: string
  placeholder: string
  /** Characters of the name. */
  most: number
  radii: readonly number[]
  /** What it is now, if it is there already. */
  known?: Circle | undefined
  /** Where the map is when it opens. */
  start?: Place
  children?: ComponentChildren
  onSave: (circle: Circle) => Promise<unknown>
  onCancel: () => void
}) {
  const [name, setName] = useState(known?.name ?? '')
  const [text, setText] = useState(known ? showPlace(known.place) : '')
  const [radius, setRadius] = useState(known?.radius ?? radii[1]!)
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    const place = known && text === showPlace(known.place) ? known.place : parsePlace(text) // what is shown is rounded
    if (!place) return setWrong(t('create.placeWrong'))
    setBusy(true)
    const done = await attempt(() => onSave({ name: name.trim(), place, radius }))
    setBusy(false)
    if (done) onCancel()
  }
  return (
    <form class="form" onSubmit={(e) => void submit(e)}>
      <Field label={label} value={name} onInput={(e) => setName(e.currentTarget.value)} placeholder={placeholder} maxLength={most} required autoComplete="off" autofocus />
      <PlaceField text={text} wrong={wrong} radius={radius} {...(start && { start })} onText={(next) => {
        setWrong(null)
        setText(next)
      }} />
      <Choice label={t('edit.radius')} value={radius} options={known && !radii.includes(known.radius) ? [...radii, known.radius].sort((a, b) => a - b) : radii} show={distance} onChange={setRadius} />
      {children}
      <div class="actions">
        <Button look="plain" onClick={onCancel}>{t('app.cancel')}</Button>
        <Button look="main" type="submit" busy={busy}>{t('app.save')}</Button>
      </div>
    </form>
  )
}
