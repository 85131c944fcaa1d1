// @vitest-environment happy-dom
import { render } from 'preact'
import { useState } from 'preact/hooks'
import { afterEach, expect, it } from 'vitest'

import { lang } from '../i18n'
import { Field } from './kit'

afterEach(() => void (lang.value = 'en'))

it('says in the reader’s language that too little was written, also when that is spaces', async () => {
  lang.value = 'de'
  const place = document.createElement('div')
  document.body.append(place)
  const Form = () => {
    const [name, setName] = useState('')
    return <form><Field label="Name" value={name} onInput={(e) => setName(e.currentTarget.value)} minLength={3} required /></form>
  }
  render(<Form />, place)
  const [form, input] = [place.querySelector('form')!, place.querySelector('input')!]
  const write = async (text: string) => {
    input.value = text
    input.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise((go) => setTimeout(go, 30))
  }
  const sends = async () => {
    const fine = form.checkValidity()
    await new Promise((go) => setTimeout(go, 30))
    return fine
  }
  const said = () => place.querySelector('[role=alert]')?.textContent
  expect(await sends()).toBe(false)
  expect(said()).toBe('Hier braucht es mindestens 3 Zeichen.')
  await write('  x  ')
  expect(said()).toBeUndefined() // nothing is wrong with it before it is sent
  expect(await sends()).toBe(false)
  expect(said()).toBe('Hier braucht es mindestens 3 Zeichen.')
  expect(input.getAttribute('aria-invalid')).toBe('true')
  await write(' See ')
  expect(await sends()).toBe(true)
  expect(said()).toBeUndefined()
})
