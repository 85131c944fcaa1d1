// Somebody shares a position that the others do not see: the page says so, and why.
import { after, before, test } from 'node:test'
import { Person, User, desk, launch, phone, south, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, room, ana, bob

before(async () => {
  browser = await launch({ map: false })
  ana = await Person.at(browser, `Ana ${stamp}`, { ...phone, geolocation: south(900) })
  await ana.page.addInitScript(() => { // her device's clock is five minutes fast, until she sets it
    globalThis.fast = 300_000
    const { now } = Date
    Date.now = () => now() + globalThis.fast
    const { watchPosition } = navigator.geolocation
    navigator.geolocation.watchPosition = (take, ...more) =>
      watchPosition.call(navigator.geolocation, (p) => take({ timestamp: p.timestamp + globalThis.fast, coords: p.coords }), ...more)
  })
  await ana.signIn()
  await ana.button('New room').waitFor()
  room = await ana.rest().then((u) => u.opens({ name: 'Not seen' }))
  await ana.page.goto(`${url}/rooms/${room.id}`)
  bob = await Person.at(browser, `Bob ${stamp}`, { ...desk, geolocation: south(800) })
  await bob.signIn(`/r/${room.roomCode}`)
  await bob.button('Join').click()
  await bob.member(ana.name).waitFor()
})
after(() => browser?.close())

const status = (p) => p.page.getByRole('region', { name: 'Your position' }).getByRole('status')

test('a clock that is wrong is named, until it is right', async () => {
  await ana.button('Share my position').click()
  await status(ana).getByText('The clock of this device is wrong').waitFor()
  await ana.accessible('a wrong clock')
  await ana.shot('wrong-clock')
  await ana.page.evaluate(() => (globalThis.fast = 0))
  let metres = 900
  await until('the others see her', async () => {
    await ana.context.setGeolocation(south(metres -= 5)) // a browser tells of moves
    return (await status(ana).getByText('The others see where you are.').count()) > 0
  })
  await bob.member(ana.name).getByText(/to go/).waitFor()
})

test('a device beside the one that leads says who is shown', async () => {
  const app = await (await User.named(bob.name)).connects(room) // who signs in again has another session
  const leads = setInterval(() => void app.at(south(700)).catch(() => undefined), 1000)
  try {
    await app.at(south(700))
    await bob.button('Share my position').click()
    await until('he is told', async () => {
      await bob.context.setGeolocation(south(800 + Math.random() / 10)) // who moves while the other lies still would lead
      return (await status(bob).getByText('Shared by another device of yours.').count()) > 0
    })
    await bob.shot('other-device')
  } finally {
    clearInterval(leads)
    app.leaves()
  }
  for (const p of [ana, bob]) p.content()
})
