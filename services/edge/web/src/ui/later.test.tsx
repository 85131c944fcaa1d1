// @vitest-environment happy-dom
import { render } from 'preact'
import { expect, it, vi } from 'vitest'

import { later } from './later'

it('shows code that comes at any moment, also between the first drawing and its effects', async () => {
  const place = document.createElement('div')
  const Early = later(() => Promise.resolve(() => <p>early</p>))
  Early.fetch()
  render(<Early />, place) // the code is there as soon as this is over
  expect(place.querySelector('p')).toBeNull()
  await vi.waitFor(() => expect(place.textContent).toBe('early'))
  let come: (c: () => preact.JSX.Element) => void = () => undefined
  const Late = later(() => new Promise<() => preact.JSX.Element>((go) => (come = go)))
  render(<Late />, place)
  await vi.waitFor(() => expect(place.querySelector('[role=status]')).not.toBeNull())
  await new Promise((go) => setTimeout(go, 50))
  come(() => <p>late</p>)
  await vi.waitFor(() => expect(place.textContent).toBe('late'))
})

it('has a landmark while a screen loads, and when it does not come', async () => {
  const place = document.createElement('div')
  const Never = later(() => Promise.reject<() => preact.JSX.Element>(new TypeError('not there')), 'screen')
  render(<Never />, place)
  expect(place.querySelector('main [role=status]')).not.toBeNull()
  await vi.waitFor(() => expect(place.querySelector('main [role=alert] button')).not.toBeNull())
})
