// A laptop sleeps, wakes, and nobody has to reload anything.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, User, desk, launch, south, tunnel, until } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, net, ana, bob, cem, dan, room

before(async () => {
  browser = await launch({ map: false })
  net = await tunnel()
  ana = await Person.at(browser, `Ana ${stamp}`, { ...desk, geolocation: south(900) })
  bob = await User.named(`Bob ${stamp}`)
  room = await bob.opens({ name: 'Night train' })
  dan = await (await User.named(`Dan ${stamp}`)).joins(room)
  await bob.connects(room)
  await ana.page.clock.install()
  await ana.signIn(`/r/${room.roomCode}`, net.url)
  await ana.button('Join').click()
  await ana.member(dan.name).waitFor()
  await ana.button('Share my position').click()
  await ana.button('Stop sharing').waitFor()
  await ana.tab(/Chat/)
  await bob.says('before the lid is closed')
  await ana.message('before the lid is closed').waitFor()
  await ana.page.evaluate(() => (globalThis.notReloaded = true))
})
after(async () => {
  bob?.leaves()
  cem?.leaves()
  net?.close()
  await browser?.close()
})

const heardOnce = (texts) => until('each message is there, once and in order', async () => {
  const shown = await ana.page.locator('.message .text').allTextContents()
  const mine = shown.filter((x) => texts.includes(x))
  return JSON.stringify(mine) === JSON.stringify(texts)
})
/** The edge gives Ana up: nobody there knows any more where she was. */
const lost = () => new Promise((go) => bob.socket.on('user-offline', (u) => u.userName === ana.name && go()))

test('what happened under a closed lid is there when it is opened, once', async () => {
  const gone = lost()
  const closed = Date.now() + 3000
  await ana.page.clock.pauseAt(closed) // no timer of the page runs, and no event tells it why
  net.silence()
  await gone
  const texts = Array.from({ length: 25 }, (_, i) => `missed ${i + 1}.`)
  for (const text of texts) await bob.says(text)
  await dan.post(`/api/rooms/${room.id}/leave`)
  cem = await (await User.named(`Cem ${stamp}`)).joins(room)
  await cem.connects(room)
  await cem.at(south(3000))
  net.restore()
  await ana.page.clock.setSystemTime(closed + 10 * 60_000)
  await ana.page.clock.resume()
  await heardOnce(['before the lid is closed', ...texts])
  await ana.tab(/People/)
  await ana.member(cem.name).getByText('3.0 km to go').waitFor()
  await ana.member(dan.name).waitFor({ state: 'detached' })
  assert.equal(await ana.page.locator('.member').count(), 3)
  const { locations } = await bob.call('GET', `/api/rooms/${room.id}/locations`)
  assert.ok(locations.some((l) => l.userName === ana.name), 'Ana goes on sharing')
  assert.ok(await ana.page.evaluate(() => globalThis.notReloaded), 'nothing was reloaded')
})

test('a network that went without a word is missed when something is said', async () => {
  await ana.tab(/Chat/)
  const gone = lost()
  net.silence()
  await gone
  await bob.says('into the dark')
  await ana.say('is anybody there?')
  await ana.message('is anybody there?').getByText('Sending').waitFor()
  net.restore()
  await ana.page.clock.fastForward(10_000) // what is asked has to be answered by then
  await heardOnce(['missed 25.', 'into the dark', 'is anybody there?'])
  await ana.message('is anybody there?').getByText('Sent').waitFor()
  assert.ok(await ana.page.evaluate(() => globalThis.notReloaded), 'nothing was reloaded')
  ana.content()
})

test('a chat that does not answer keeps nobody from seeing who is there', async () => {
  const eve = await Person.at(browser, `Eve ${stamp}`, desk)
  let lost = 0
  await eve.page.routeWebSocket(/socket\.io/, (ws) => {
    const server = ws.connectToServer()
    ws.onMessage((m) => {
      if (String(m).includes('"request-chat-history"') && ++lost === 1) return // only the first never arrives
      server.send(m)
    })
  })
  await eve.signIn(`/r/${room.roomCode}`)
  await eve.button('Join').click()
  await eve.member(bob.name).getByText('Owner').waitFor({ timeout: 8000 }) // before the page gives its question up
  assert.equal(lost, 1)
  await bob.says('said meanwhile')
  await eve.tab(/Chat/)
  await eve.message('said meanwhile').waitFor()
  eve.content()
  await eve.context.close()
})
