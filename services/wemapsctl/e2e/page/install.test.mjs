// The page as an app: it can be installed, opens without a network, and does not stay old.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, launch, phone, until, url } from './kit.mjs'

let browser, ana

before(async () => {
  browser = await launch({ map: false })
  ana = await Person.at(browser, `Ana ${Date.now().toString(36).slice(-5)}`, phone)
  await ana.signIn()
  await ana.button('New room').waitFor()
})
after(async () => browser?.close())

const controlled = (page) => page.evaluate(async () => {
  const { active } = await navigator.serviceWorker.ready
  return active.state === 'activated' && !!navigator.serviceWorker.controller
})

test('a browser would install it', async () => {
  const cdp = await ana.context.newCDPSession(ana.page)
  const { errors, data } = await cdp.send('Page.getAppManifest')
  assert.deepEqual(errors, [])
  const manifest = JSON.parse(data)
  assert.deepEqual([manifest.start_url, manifest.scope, manifest.display], ['/', '/', 'standalone'])
  assert.ok(manifest.name && manifest.short_name && manifest.theme_color && manifest.background_color)
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors')
  // A window of its own without history is all that a test has.
  assert.deepEqual(installabilityErrors.filter((e) => e.errorId !== 'in-incognito'), [])
  for (const icon of manifest.icons) {
    const size = await ana.page.evaluate(async (src) => {
      const image = new Image()
      image.src = src
      await image.decode()
      return `${image.naturalWidth}x${image.naturalHeight}`
    }, icon.src)
    if (icon.sizes !== 'any') assert.equal(size, icon.sizes, icon.src)
  }
  assert.ok(manifest.icons.some((i) => i.purpose === 'maskable' && i.sizes === '512x512'))
  for (const sizes of ['192x192', '512x512']) assert.ok(manifest.icons.some((i) => i.sizes === sizes && !i.purpose))
})

test('it opens without a network, and says what is missing', async () => {
  await until('the service worker is in charge', () => controlled(ana.page))
  ana.expected.push(/ERR_INTERNET_DISCONNECTED|Failed to load resource|WebSocket connection/)
  await ana.context.setOffline(true)
  await ana.page.goto(url + '/')
  await ana.page.getByRole('heading', { name: 'Your rooms' }).waitFor()
  await ana.page.getByText('No connection. Trying again …').waitFor()
  await ana.page.getByText('The server cannot be reached. Check your connection.').waitFor()
  await ana.accessible('without a network')
  await ana.shot('offline-phone')
  await ana.context.setOffline(false)
  await ana.page.evaluate(() => dispatchEvent(new Event('online'))) // which the emulation leaves out
  await ana.page.getByText('No trips yet').waitFor()
})

test('somebody who has an old page gets the new one, and the old one goes', async () => {
  // As after a deployment: the kept shell is another one's, and so is the page in it.
  await ana.page.evaluate(async () => {
    const [name] = (await caches.keys()).filter((k) => k.startsWith('wemaps-shell-'))
    const cache = await caches.open(name)
    await cache.put('/', new Response('<!doctype html><title>old</title><h1>An old page</h1>', { headers: { 'content-type': 'text/html' } }))
    await caches.open('wemaps-shell-of-long-ago')
  })
  await ana.page.goto(url + '/')
  await ana.page.getByText('No trips yet').waitFor() // the network is asked first
  await until('the new page is kept', () => ana.page.evaluate(async () => (await (await caches.match('/')).text()).includes('/assets/index-')))
  await ana.page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).unregister()
  })
  await ana.page.reload()
  await until('the new worker is in charge', () => controlled(ana.page))
  await until('the old shell is gone', async () => !(await ana.page.evaluate(() => caches.keys())).includes('wemaps-shell-of-long-ago'))
  ana.content()
})
