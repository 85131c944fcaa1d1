// @vitest-environment happy-dom
import { expect, test } from 'vitest'

import { wm } from './sdk'

test('the client talks to where the page came from, and nobody is signed in at first', () => {
  expect(wm.url).toBe(location.origin)
  expect(wm.user).toBeNull()
})
