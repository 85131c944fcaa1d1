// What a room shares on the map, how people are doing on it, and calls for help.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, User, lake, launch, phone, south, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, owner, room, ana, bob, cem, dan

before(async () => {
  browser = await launch()
  owner = await User.named(`Olga ${stamp}`)
  room = await owner.opens({ name: 'Trip to the lake', maxMembers: 20 })
  for (const [who, name] of [['cem', 'Cem'], ['dan', 'Dan']]) {
    const u = await (await User.named(`${name} ${stamp}`)).joins(room)
    await u.connects(room)
    if (who === 'cem') cem = u
    else dan = u
  }
  ana = await Person.at(browser, `Ana ${stamp}`, { viewport: { width: 1000, height: 700 }, geolocation: south(1800) })
  bob = await Person.at(browser, `Bob ${stamp}`, { ...phone, colorScheme: 'dark', reducedMotion: 'reduce', geolocation: south(700) })
  for (const p of [ana, bob]) {
    await p.signIn(`/r/${room.roomCode}`)
    await p.button('Join').click()
    await p.member(cem.name).waitFor()
  }
})
after(async () => {
  for (const u of [owner, cem, dan]) u?.leaves()
  await browser?.close()
})

const pin = (p, kind, text = '') => p.page.locator(`.wm-pin.${kind}`, { hasText: text })

test('waypoints, a route, areas and meeting points come onto the map while one looks', async () => {
  const path = `/api/rooms/${room.id}`
  const line = Array.from({ length: 21 }, (_, i) => [lake.longitude + Math.sin(i / 3) * 0.002 * (1 - i / 20), south(2000 - i * 100).latitude])
  await owner.call('PUT', `${path}/route?name=Way`, { type: 'LineString', coordinates: line }, 'application/geo+json')
  await owner.call('PATCH', path, { waypoints: [{ name: 'Mill', lat: south(1400).latitude, lng: lake.longitude + 0.002 }, { name: 'Bridge', lat: south(600).latitude, lng: lake.longitude }] })
  await owner.post(`${path}/geofences`, { name: 'Bathing place', kind: 'circle', center: [lake.longitude, lake.latitude], radius: 150 })
  await owner.post(`${path}/geofences`, { name: 'Quarry, keep out', kind: 'polygon', vertices: [[lake.longitude + 0.006, south(1200).latitude], [lake.longitude + 0.012, south(1200).latitude], [lake.longitude + 0.009, south(800).latitude]] })
  await cem.post(`${path}/meeting-points`, { name: 'Ice-cream shop', latitude: south(300).latitude, longitude: lake.longitude - 0.006 })
  for (const p of [ana, bob]) {
    await pin(p, 'waypoint', '1').waitFor({ state: 'attached' })
    await pin(p, 'waypoint', '2').waitFor({ state: 'attached' })
    await pin(p, 'goal', 'Car park by the lake').waitFor({ state: 'attached' })
    await pin(p, 'area', 'Bathing place').waitFor({ state: 'attached' })
    await pin(p, 'area', 'Quarry, keep out').waitFor({ state: 'attached' })
    await pin(p, 'meeting', 'Ice-cream shop').waitFor({ state: 'attached' })
  }
})

test('the share of the way, and signs for who is old, paused or there', async () => {
  for (const p of [ana, bob]) {
    await p.button('Share my position').click()
    await p.button('Stop sharing').waitFor()
  }
  await cem.at({ ...south(1000), recordedAt: new Date(Date.now() - 75_000).toISOString() })
  await dan.at(south(1100))
  await ana.marker(cem.name).and(ana.page.locator('.stale')).waitFor({ state: 'attached' })
  await ana.member(cem.name).getByText(/Last seen 1 min/).waitFor()
  await until('the ring shows how much of the way Dan has done', async () => {
    const share = await ana.marker(dan.name).evaluate((m) => (m.classList.contains('shares') ? parseInt(m.style.getPropertyValue('--share')) : 0))
    return share > 35 && share < 60
  })
  await ana.shot('places-desk')
  await bob.shot('places-phone-dark')
  await dan.socket.emitWithAck('pause-sharing', { roomId: room.id })
  await ana.member(dan.name).getByText('Paused').waitFor()
  await ana.marker(dan.name).waitFor({ state: 'detached' }) // stop means stop
  await dan.socket.emitWithAck('resume-sharing', { roomId: room.id })
  for (const p of [ana, bob]) await p.accessible('with everything on the map')
})

test('the map follows one, or shows everybody', async () => {
  const inside = async (name) => {
    const [m, map] = [await ana.placeOf(name), await ana.page.locator('.wm-frame').boundingBox()]
    return m && m.x > map.x && m.x < map.x + map.width && m.y > map.y && m.y < map.y + map.height
  }
  const middle = async (name) => {
    const [m, map] = [await ana.placeOf(name), await ana.page.locator('.wm-frame').boundingBox()]
    return m && Math.hypot(m.x - map.x - map.width / 2, m.y - map.y - map.height / 2) < 40
  }
  await ana.button('Follow me').click()
  await until('Ana is in the middle', () => middle(ana.name))
  assert.equal(await ana.button('Follow me').getAttribute('aria-pressed'), 'true')
  await ana.context.setGeolocation(south(1500))
  await ana.member(ana.name).getByText('1.5 km to go').waitFor()
  await until('Ana stays in the middle', () => middle(ana.name))
  await ana.button('Show everybody').click()
  await until('all are on the map', async () => (await inside(ana.name)) && (await inside(bob.name)) && (await inside(cem.name)))
  assert.equal(await ana.button('Follow me').getAttribute('aria-pressed'), 'false')
})

test('a call for help reaches everybody, also from who has paused, and is answered', async () => {
  await bob.button('Stop sharing').click()
  await ana.marker(bob.name).waitFor({ state: 'detached' })
  await bob.button('Room').click()
  await bob.page.getByRole('menuitem', { name: 'Call for help' }).click()
  await bob.button('Alarm everybody').click()
  await bob.page.getByText('You have called for help.').waitFor()
  await bob.page.getByText('Your call for help shows where you were.').waitFor()
  await ana.page.getByRole('alert').getByText(`${bob.name} needs help!`).waitFor()
  await pin(ana, 'sos', bob.name).waitFor({ state: 'attached' })
  await ana.button('Show on the map').click()
  await until('the map goes there', async () => {
    const box = await pin(ana, 'sos', bob.name).boundingBox()
    const map = await ana.page.locator('.wm-frame').boundingBox()
    return box && Math.hypot(box.x - map.x - map.width / 2, box.y - map.y - map.height / 2) < 60
  })
  const pulses = (p) => p.page.evaluate(() => document.getAnimations().filter((a) => a.animationName === 'wm-pulse').length)
  await until('the call pulses', async () => (await pulses(ana)) > 0)
  await until('Bob has his own call on his map', async () => (await bob.page.locator('.wm-pin.sos, .wm-marker.sos').count()) > 0)
  assert.equal(await pulses(bob), 0, 'who wants less motion has less')
  for (const p of [ana, bob]) await p.accessible('a call for help')
  await ana.shot('sos-called-desk')
  await bob.shot('sos-called-phone-dark')
  await ana.button('I’ll take care of it').click()
  await bob.page.getByText(`${ana.name} takes care of you.`).waitFor()
  await bob.shot('sos-answered-phone-dark')
  await ana.page.getByText(`${bob.name} needs help!`).waitFor({ state: 'detached' })
  await pin(ana, 'sos').waitFor({ state: 'detached' })
})

test('who is safe again ends the alarm, which is heard above the chat', async () => {
  for (const p of [ana, bob]) await p.tab(/Chat/)
  await bob.button('Room').click()
  await bob.page.getByRole('menuitem', { name: 'Call for help' }).click()
  await bob.button('Alarm everybody').click()
  await ana.page.getByRole('alert').getByText(`${bob.name} needs help!`).waitFor()
  for (const p of [ana, bob]) await p.accessible('a call for help above the chat')
  await ana.shot('sos-chat-desk')
  await bob.shot('sos-chat-phone-dark')
  await bob.button('I am safe, end the alarm').click()
  await ana.page.getByText(`${bob.name} needs help!`).waitFor({ state: 'detached' })
  await bob.page.getByText('You have called for help.').waitFor({ state: 'detached' })
})

test('a call for help is heard in the list of rooms', async () => {
  await bob.page.getByRole('link', { name: 'Back' }).click()
  await bob.page.getByRole('heading', { name: 'Your rooms' }).waitFor()
  await bob.page.getByText('Trip to the lake').first().waitFor()
  const call = await cem.socket.emitWithAck('sos', { roomId: room.id, message: 'A flat tyre' })
  await bob.page.getByText(`${cem.name} needs help in Trip to the lake!`).waitFor()
  await bob.accessible('a call for help in the list')
  await bob.button('Open the room').click()
  await bob.page.getByRole('alert').getByText('A flat tyre').waitFor()
  await bob.page.getByText(`${cem.name} needs help in Trip to the lake!`).waitFor({ state: 'detached' }) // the room says so itself
  await cem.call('DELETE', `/api/rooms/${room.id}/sos/${call.id}`)
  await bob.page.getByRole('alert').getByText('A flat tyre').waitFor({ state: 'detached' })
})

test('a call for help in another room than the open one is shown, also to who comes later', async () => {
  const other = await cem.opens({ name: 'The way back' })
  await bob.page.getByRole('link', { name: 'Back' }).click()
  await bob.page.getByLabel('Code').fill(other.roomCode)
  await bob.button('Join').click()
  await bob.page.getByRole('heading', { name: 'The way back' }).waitFor()
  await bob.page.getByRole('link', { name: 'Back' }).click()
  await bob.page.getByRole('link', { name: /Trip to the lake/ }).click()
  await bob.member(ana.name).waitFor()
  const banner = bob.page.getByRole('alert').getByText(`${cem.name} needs help in The way back!`)
  let call = await cem.post(`/api/rooms/${other.id}/sos`, {})
  await banner.waitFor()
  await bob.accessible('a call for help in another room')
  await bob.shot('sos-elsewhere-phone-dark')
  await cem.call('DELETE', `/api/rooms/${other.id}/sos/${call.sos.id}`)
  await banner.waitFor({ state: 'detached' })
  call = await cem.post(`/api/rooms/${other.id}/sos`, { message: 'Out of petrol' })
  await banner.waitFor()
  await bob.button('Close').click() // seen
  await banner.waitFor({ state: 'detached' })
  await bob.page.reload() // who comes to the page looks for the first time
  await banner.waitFor()
  await bob.button('Open the room').click()
  await bob.page.getByRole('alert').getByText('Out of petrol').waitFor()
  await banner.waitFor({ state: 'detached' })
  await bob.button('I’ll take care of it').click()
  await bob.page.getByRole('alert').getByText('Out of petrol').waitFor({ state: 'detached' })
  for (const p of [ana, bob]) p.content()
})
