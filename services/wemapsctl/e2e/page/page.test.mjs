// Two people with browsers, and one with an app of the kind that there was before the page, on one trip.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { io } from 'socket.io-client'
import { ownEditors, recordingEditor, roomEditors } from './editors.mjs'
import { frames } from './frames.mjs'
import { Person, desk, lake, launch, phone, post, south, until, url } from './kit.mjs'
import { paint } from './paint.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, ana, bob, cem, code, roomId

before(async () => {
  browser = await launch()
  ana = await Person.at(browser, `Ana ${stamp}`, { ...phone, geolocation: south(2000) })
  bob = await Person.at(browser, `Bob ${stamp}`, { ...desk, colorScheme: 'dark', geolocation: south(1500) })
})
after(async () => {
  cem?.socket.close()
  await browser?.close()
})

/** Somebody with an existing app: signs in, joins, and sends positions. */
async function appUser(name) {
  const { token } = await post('/api/auth/signin', { name })
  await post('/api/rooms/join', { roomCode: code }, token)
  const socket = io(url, { auth: { token } })
  await new Promise((go, fail) => socket.on('connect', go).on('connect_error', fail))
  return {
    name, socket,
    at: (place) => new Promise((go, fail) => {
      socket.once('location-confirmed', go)
      socket.once('error', (e) => fail(new Error(e.message)))
      socket.emit('location-update', { roomId, ...place, speed: 12, bearing: 0 })
    }),
  }
}

test('the page paints at once, and is small', async (t) => {
  const p = await Person.at(browser, 'nobody', phone)
  const cdp = await p.context.newCDPSession(p.page)
  await cdp.send('Network.enable')
  const sizes = new Map(), urls = new Map()
  cdp.on('Network.responseReceived', (e) => urls.set(e.requestId, new URL(e.response.url).pathname))
  cdp.on('Network.loadingFinished', (e) => sizes.set(e.requestId, e.encodedDataLength))
  await p.page.goto(url)
  await p.page.getByLabel('Your name').waitFor()
  const of = [...sizes].map(([id, n]) => [urls.get(id) ?? '?', n])
  const map = of.filter(([path]) => /maplibre|engine/.test(path)).reduce((sum, [, n]) => sum + n, 0)
  const rest = of.reduce((sum, [, n]) => sum + n, 0) - map
  t.diagnostic(`paint, ${(rest / 1000).toFixed(1)} kB on the wire${map ? `, and ${(map / 1000).toFixed(1)} kB of map` : ''}`)
  assert.ok(rest > 5_000 && rest < 300_000, `${rest} bytes besides the map`)
  await p.shot('signin-phone')
  await p.accessible('sign-in')
  p.content()
  await p.context.close()
  await paint(browser, (said) => t.diagnostic(said), 3)
})

test('Ana opens a room, Bob comes by its link', async () => {
  await ana.signIn()
  await ana.button('New room').click()
  await ana.accessible('new room')
  await ana.page.getByLabel('What is it about?').fill('Trip to the lake')
  await ana.page.getByLabel('Where do you meet?').fill('Car park by the lake')
  await ana.page.getByLabel('Where on the map?').fill(`${lake.latitude}, ${lake.longitude}`)
  await ana.button('Open the room').click()
  await ana.page.getByText('Nobody else is here yet').waitFor()
  roomId = new URL(ana.page.url()).pathname.split('/').pop()
  await ana.page.getByRole('banner').getByRole('button', { name: 'Invite' }).click()
  code = (await ana.page.locator('.code').textContent()).replace(/^Code/, '').replace(/\s/g, '')
  assert.match(code, /^[A-Z0-9]{6}$/)
  await ana.accessible('invitation')
  await ana.page.keyboard.press('Escape')

  await bob.signIn(`/r/${code}`)
  await bob.page.getByRole('heading', { name: 'Join the room' }).waitFor()
  await bob.accessible('joining')
  await bob.button('Join').click()
  for (const [p, other] of [[ana, bob], [bob, ana]]) await p.member(other.name).getByText('Connected, position not shared').waitFor()
})

test('whoever reloads sees who is connected, and is seen so', async () => {
  for (const [p, other] of [[ana, bob], [bob, ana]]) {
    for (let i = 0; i < 2; i++) await p.page.reload({ waitUntil: 'domcontentloaded' })
    for (const [a, b] of [[p, other], [other, p]]) await a.member(b.name).getByText('Connected, position not shared').waitFor()
  }
})

test('they see each other move', async () => {
  for (const p of [ana, bob]) {
    await p.button('Share my position').click()
    await p.button('Stop sharing').waitFor()
  }
  for (const p of [ana, bob]) await p.member(bob.name).getByText('1.5 km to go').waitFor()
  await bob.member(ana.name).getByText('2.0 km to go').waitFor()
  await ana.marker(bob.name).waitFor({ state: 'attached' })
  await bob.marker(ana.name).waitFor({ state: 'attached' })
  cem = await appUser(`Cem ${stamp}`)
  await cem.at(south(3000))
  for (const p of [ana, bob]) await p.member(cem.name).getByText('3.0 km to go').waitFor()
  let before
  await until('the marker of Ana is in view', async () => (before = await bob.placeOf(ana.name)) !== null)
  for (const km of [1.7, 1.4, 1.1]) { // at a pace that is believed: 350 m/s at most
    await ana.context.setGeolocation(south(1000 * km))
    await bob.member(ana.name).getByText(`${km} km to go`).waitFor()
  }
  await until('the marker of Ana moves', async () => {
    const now = await bob.placeOf(ana.name)
    return before && now && Math.hypot(now.x - before.x, now.y - before.y) > 3
  })
})

test('who stops sharing is shown as paused', async () => {
  await ana.button('Stop sharing').click()
  await bob.member(ana.name).getByText('Paused').waitFor()
  await ana.button('Share my position').click()
  await ana.button('Stop sharing').waitFor()
  await ana.context.setGeolocation(south(1000)) // the browser tells the age of the one that it was given before the pause
  await bob.member(ana.name).getByText('1.0 km to go').waitFor()
})

test('whoever has a share link looks on, without a name', async () => {
  await ana.page.getByRole('banner').getByRole('button', { name: 'Room' }).click()
  await ana.page.getByRole('menuitem', { name: 'View-only links' }).click()
  await ana.button('Make a link').click()
  const link = await ana.page.locator('#made-link').inputValue()
  assert.ok(new URL(link).hash.length > 10 && !new URL(link).search, link) // what follows # is sent to no server
  await ana.page.keyboard.press('Escape')
  const eve = await Person.at(browser, 'somebody', phone)
  await eve.page.goto(link.replace(new URL(link).origin, url))
  await eve.page.getByText('Trip to the lake').first().waitFor()
  await eve.marker(cem.name).waitFor({ state: 'attached' })
  assert.equal(await eve.page.getByPlaceholder('Message').count(), 0)
  await eve.accessible('looking on')
  await eve.shot('view-phone')
  eve.content()
  await eve.context.close()
})

test('they talk: send, react, edit, reply, delete', async () => {
  for (const p of [ana, bob]) await p.tab(/Chat/)
  await bob.say('I am just leaving <b>now</b>')
  const heard = ana.message('I am just leaving <b>now</b>') // as it was written, not as HTML
  await heard.waitFor()
  await heard.hover()
  await heard.getByRole('button', { name: /Actions/ }).click()
  await ana.page.getByRole('menuitemcheckbox', { name: 'React with 👍' }).click()
  await bob.message('just leaving').locator('.reaction').waitFor()
  await bob.page.getByPlaceholder('Message').pressSequentially('slow', { delay: 20 })
  await ana.page.getByText(`${bob.name} is typing`).waitFor()
  await bob.page.getByPlaceholder('Message').fill('')
  await ana.say('See you there')
  await bob.message('See you there').waitFor()
  await bob.page.getByText(/Seen by/).first().waitFor()
  for (const p of [ana, bob]) await p.accessible('chat')
  await bob.shot('chat-desk-dark')
})

test('Bob loses his connection, writes on, and everything is there when he is back', async () => {
  bob.expected.push(/ERR_INTERNET_DISCONNECTED|WebSocket connection/)
  await bob.context.setOffline(true)
  await bob.page.evaluate(() => dispatchEvent(new Event('offline')))
  await bob.say('From the tunnel')
  await bob.page.getByText('Will be sent when you are connected again').waitFor()
  await ana.say('Where are you, Bob?')
  await ana.message('Where are you, Bob?').waitFor()
  assert.equal(await ana.message('From the tunnel').count(), 0)
  await bob.context.setOffline(false)
  await bob.message('Where are you, Bob?').waitFor()
  await ana.message('From the tunnel').waitFor()
  assert.equal(await ana.message('From the tunnel').count(), 1)
})

test('somebody arrives, and all are told', async () => {
  for (const place of [south(200), south(30), south(5), south(0), south(1)]) {
    await cem.at(place)
    await new Promise((go) => setTimeout(go, 600))
  }
  await until('Cem arrives', async () => {
    await cem.at(south(Math.random()))
    return (await ana.page.getByText(`${cem.name} has arrived`).count()) > 0
  }, 40)
  await ana.tab(/People/)
  await ana.member(cem.name).getByText('Has arrived').waitFor()
  await bob.tab(/People/)
  await ana.accessible('people')
  await bob.accessible('people')
  await ana.shot('room-phone')
  await bob.shot('room-desk-dark')
})

test('Bob tries out a made-up way to the destination, without a file', async () => {
  await bob.page.getByRole('button', { name: 'More about your position' }).click()
  await bob.page.getByRole('menuitem', { name: 'Try it: drive to the destination' }).click()
  await bob.page.getByText('A made-up way').waitFor()
  for (const p of [ana, bob]) await p.member(bob.name).getByText(/2\.[3-5] km to go/).waitFor()
})

test('Bob drives along a track, and Ana sees it', async () => {
  const point = (metres, s) => `<trkpt lat="${south(metres).latitude}" lon="${lake.longitude}"><time>${new Date(Date.UTC(2026, 5, 1) + s * 1000).toISOString()}</time></trkpt>`
  const gpx = `<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>${point(1500, 0)}${point(500, 50)}</trkseg></trk></gpx>`
  await bob.page.locator('input[type=file]').setInputFiles({ name: 'way.gpx', mimeType: 'application/gpx+xml', buffer: Buffer.from(gpx) })
  await ana.member(bob.name).getByText(/1\.[0-3] km to go/).waitFor()
  await bob.member(bob.name).getByText(/1\.[0-3] km to go/).waitFor()
})

test('Ana edits areas and the route of the room, and lets herself be recorded', async () => {
  ana.expected.push(/^400 \/api\/rooms\/[^/]+\/route$/) // a file that is no route
  await roomEditors(ana, bob)
  await recordingEditor(ana)
  for (const metres of [900, 800, 700, 600]) {
    await ana.context.setGeolocation(south(metres))
    await bob.member(ana.name).getByText(`${metres} m to go`).waitFor()
  }
})

test('Ana has zones and tracks of her own', async () => {
  await ana.page.getByRole('link', { name: 'Back' }).click()
  await ownEditors(ana)
  await ana.page.getByText('Trip to the lake').click()
})

test('nothing secret stands in an address, and no page complained', async () => {
  for (const p of [ana, bob]) {
    const token = await p.page.evaluate(() => JSON.parse(localStorage.getItem('wemaps.session')).token)
    assert.ok(token.length > 20)
    assert.ok(!p.page.url().includes(token))
    const asked = await p.page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name))
    assert.deepEqual(asked.filter((u) => u.includes(token)), [])
    assert.deepEqual(asked.filter((u) => !u.startsWith(url) && !/^(blob|data):/.test(u)), []) // nor does anybody else hear of it
    p.content()
  }
})

test('what frames cost while fifty people move', async (t) => {
  for (const p of [ana, bob]) await p.context.close() // they would draw, too
  cem.socket.close()
  await frames(browser, (said) => t.diagnostic(said), { seconds: 6 })
})
