import type { ButtonHTMLAttributes, ComponentChildren, CSSProperties, InputHTMLAttributes } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'

import { initials } from '../format'
import { t } from '../i18n'
import { colorOf, inkOn } from '../state/status'
import { Icon, type IconName } from './icons'

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'size'> & {
  look?: 'main' | 'soft' | 'plain' | 'danger'
  icon?: IconName
  busy?: boolean
}

export function Button({ look = 'soft', icon, busy, children, class: more, type = 'button', disabled, ...rest }: ButtonProps) {
  return (
    <button type={type} class={`button ${look} ${more ?? ''}`} aria-busy={busy} disabled={disabled || busy} {...rest}>
      {icon && <Icon name={icon} size={20} />}
      {children && <span>{children}</span>}
      {busy && <span class="spinner" aria-hidden="true" />}
    </button>
  )
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'label' | 'size'> & { icon: IconName; label: string; size?: number }

export function IconButton({ icon, label, class: more, size, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button type={type} class={`icon-button ${more ?? ''}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} {...(size && { size })} />
    </button>
  )
}

type Input = Pick<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onInput' | 'minLength' | 'maxLength' | 'required' | 'readOnly' | 'name' | 'placeholder'
  | 'autoComplete' | 'autoCapitalize' | 'spellcheck' | 'autofocus'>
type FieldProps = Input & { type?: 'text' | 'password'; lines?: number; class?: string; 'data-autofocus'?: boolean; label: string; hint?: ComponentChildren; wrong?: string | null; short?: string }

/**
 * A labelled input, of several lines if it says so, with a hint or with what is wrong. That too little was written it says itself, or with
 * `short`: browsers count the spaces around a text, and speak their own language.
 */
export function Field({ label, hint, wrong: told, short, class: more, type = 'text', lines, ...rest }: FieldProps) {
  const id = useId()
  const place = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  const [sent, setSent] = useState<string | null>(null) // what it had when it was too little
  const text = String(rest.value ?? '')
  const least = rest.required ? Number(rest.minLength ?? 1) : 0
  const few = least > 0 && [...(type === 'password' ? text : text.trim())].length < least
  useLayoutEffect(() => place.current?.setCustomValidity(few ? 'too short' : ''), [few])
  const wrong = told || (few && sent === text ? (short ?? t('field.short', { n: least })) : null)
  const all = {
    ref: place,
    onInvalid: (e: Event) => {
      if (!few) return
      e.preventDefault()
      setSent(text)
      const field = place.current
      if (field && field === field.form?.querySelector(':is(input, textarea):invalid')) field.focus()
    },
    id,
    'aria-invalid': wrong ? true : undefined,
    'aria-describedby': wrong || hint ? `${id}-hint` : undefined,
    ...rest,
  }
  return (
    <div class={`field ${more ?? ''}`}>
      <label for={id}>{label}</label>
      {lines ? <textarea rows={lines} {...(all as object)} /> : <input {...({ type } as { type: 'text' })} {...all} />}
      {(wrong || hint) && (
        <p id={`${id}-hint`} class={wrong ? 'wrong' : 'hint'} role={wrong ? 'alert' : undefined}>
          {wrong || hint}
        </p>
      )}
    </div>
  )
}

/** One of a few values. */
export function Choice<T extends string | number>({ label, value, options, show, onChange }: {
  label: string
  value: T
  options: readonly T[]
  show: (value: T) => string
  onChange: (value: T) => void
}) {
  const name = useId()
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div>
        {options.map((o) => (
          <label key={o}>
            <input type="radio" name={name} checked={o === value} onChange={() => onChange(o)} />
            <span>{show(o)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** A number that one steps through. */
export function Stepper({ label, value, min, max, onChange }: { label: string; value: number; min: number; max: number; onChange: (n: number) => void }) {
  const id = useId()
  const set = (n: number) => onChange(Math.min(max, Math.max(min, Math.round(n) || min)))
  return (
    <div class="field stepper">
      <label for={id}>{label}</label>
      <div>
        <button type="button" class="icon-button" tabIndex={-1} aria-hidden="true" onClick={() => set(value - 1)} disabled={value <= min}>
          <Icon name="minus" />
        </button>
        <input id={id} type="number" inputMode="numeric" min={min} max={max} value={value} onChange={(e) => set(Number(e.currentTarget.value))} />
        <button type="button" class="icon-button" tabIndex={-1} aria-hidden="true" onClick={() => set(value + 1)} disabled={value >= max}>
          <Icon name="plus" />
        </button>
      </div>
    </div>
  )
}

export function Avatar({ id, name, size = 40, dim = false }: { id: string; name: string; size?: number; dim?: boolean }) {
  // The letters are drawn by the style sheet: they are no part of what a button around them is called.
  return (
    <span class={`avatar ${dim ? 'dim' : ''}`} aria-hidden="true" data-initials={initials(name)}
      style={{ '--color': colorOf(id), '--on-color': inkOn(colorOf(id)), '--size': `${size}px` } as CSSProperties} />
  )
}

/** What is shown where nothing is yet. */
export function Empty({ title, children, art, whole = false }: {
  title: string
  children?: ComponentChildren
  art?: ComponentChildren
  /** There is nothing else on the screen. */
  whole?: boolean
}) {
  return (
    <div class="empty">
      {art}
      {whole ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  )
}

/** What a screen is about, for those who skip to it. */
export const Main = ({ children }: { children: ComponentChildren }) => <main id="main" tabIndex={-1}>{children}</main>

export function Spinner({ label, whole = false }: {
  label: string
  /** There is nothing else on the screen. */
  whole?: boolean
}) {
  const spinner = (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="visually-hidden">{label}</span>
    </div>
  )
  return whole ? <Main>{spinner}</Main> : spinner
}
