// Somebody stays behind: everybody is told, also who comes later, and is told when they have caught up.
import { after, before, test } from 'node:test'
import { Person, User, desk, launch, phone, south, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
const from = 8000 // metres to go, for all
const pace = 6 // m/s
let browser, room, ana, bob, cem, going

before(async () => {
  browser = await launch()
  ana = await Person.at(browser, `Ana ${stamp}`, { ...phone })
  await ana.signIn()
  await ana.button('New room').waitFor()
  room = await ana.rest().then((u) => u.opens({ name: 'By bicycle' }))
  cem = await (await (await User.named(`Cem ${stamp}`)).joins(room)).connects(room)
  // Bob's own page must say it, too; his device stands.
  bob = await Person.at(browser, `Bob ${stamp}`, { ...desk, colorScheme: 'dark', locale: 'de-DE', geolocation: south(from) })
  await bob.page.goto(`${url}/r/${room.roomCode}`)
  await bob.page.getByLabel('Dein Name').fill(bob.name)
  await bob.button('Weiter').click()
  await bob.button('Beitreten').click()
  await ana.page.goto(`${url}/rooms/${room.id}`)
  await ana.member(bob.name).waitFor()
})
after(async () => {
  clearInterval(going)
  cem?.leaves()
  await browser?.close()
})

const sign = (p, name) => p.marker(name).and(p.page.locator('.behind'))

/** Where Cem is, by the time that he has been on his way; further than a while he does not go. */
const most = 220 // seconds
let left // when he did
const cemAt = (time) => {
  const seconds = Math.min(most, (time - left) / 1000)
  return cem.at({ ...south(from - pace * seconds), speed: seconds < most ? pace : 0, recordedAt: new Date(time).toISOString() })
}
const bobAt = (metres) => bob.context.setGeolocation(south(metres + Math.random())) // a device that stands is never quite still

test('both are together, and then one goes on', async () => {
  // What happened in the last hundred seconds is told now, as after a tunnel.
  left = Date.now() - 100_000
  await cemAt(left)
  await bob.button('Meine Position teilen').click()
  await ana.member(bob.name).getByText('8.0 km to go').waitFor()
  await new Promise((go) => setTimeout(go, 2500)) // the server looks at the group every other second
  for (let time = left + 5000; time < Date.now(); time += 5000) await cemAt(time)
  going = setInterval(() => void cemAt(Date.now()).catch(() => undefined), 2000)
  await until('Bob is missed', async () => {
    await bobAt(from)
    return (await ana.member(bob.name).getByText('Falls behind').count()) > 0
  }, 150)
})

test('everybody sees the sign, also who comes later, and Bob himself', async () => {
  await sign(ana, bob.name).waitFor({ state: 'attached' })
  await bob.member(bob.name).getByText('Fällt zurück').waitFor()
  await sign(bob, bob.name).waitFor({ state: 'attached' })
  await ana.page.reload()
  await ana.member(bob.name).getByText('Falls behind').waitFor()
  await sign(ana, bob.name).waitFor({ state: 'attached' })
  await bob.page.reload()
  await bob.member(bob.name).getByText('Fällt zurück').waitFor()
  await ana.member(bob.name).locator('.member-show').click()
  await ana.shot('behind-phone')
  await bob.shot('behind-desk-dark')
  await ana.accessible('somebody is behind')
  await bob.accessible('being behind')
  await ana.tab(/Chat/)
  await ana.page.getByText(`${bob.name} falls behind`).waitFor()
  await ana.tab(/People/)
})

test('it goes when they have caught up', async () => {
  await until('Bob is with the others', async () => {
    await bobAt(from - pace * most)
    return (await ana.member(bob.name).getByText('Falls behind').count()) === 0
  }, 120)
  await sign(ana, bob.name).waitFor({ state: 'detached' })
  await bob.member(bob.name).getByText('Fällt zurück').waitFor({ state: 'detached' })
  await sign(bob, bob.name).waitFor({ state: 'detached' })
  await ana.tab(/Chat/)
  await ana.page.getByText(`${bob.name} has caught up`).waitFor()
  for (const p of [ana, bob]) p.content()
})
