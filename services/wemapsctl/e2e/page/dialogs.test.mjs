// Every dialog of a room: by keyboard, in both colour schemes, and what it does to the others. In a browser that cannot draw
// the map: everything else has to work there, and on a slow machine it is all the faster.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, User, launch, phone, south, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, ana, bob, cem, dan, room

before(async () => {
  browser = await launch({ map: false })
  ana = await Person.at(browser, `Ana ${stamp}`, { viewport: { width: 900, height: 700 }, colorScheme: 'dark', geolocation: south(900) })
  bob = await Person.at(browser, `Bob ${stamp}`, { ...phone, geolocation: south(700) })
  await ana.signIn()
  await ana.button('New room').waitFor()
  room = await ana.rest().then((u) => u.opens({ name: 'Trip to the lake' }))
  await bob.signIn(`/r/${room.roomCode}`)
  await bob.button('Join').click()
  cem = await (await User.named(`Cem ${stamp}`)).joins(room, 'Cemile of the mountains, the long one and the sea')
  dan = await (await User.named(`Dan ${stamp}`)).joins(room)
  await ana.page.goto(`${url}/rooms/${room.id}`)
  await ana.member(dan.name).waitFor()
})
after(async () => browser?.close())

/** Presses keys until something has the focus, as somebody without a mouse does. */
async function reach(p, name, key = 'Tab') {
  for (let i = 0; i < 40; i++) {
    const at = await p.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
    if (at.trim() === name) return
    await p.page.keyboard.press(key)
  }
  assert.fail(`${name} is not reached by ${key}`)
}

const focused = (p) => p.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim())

/** Opens a dialog from the room's menu by keyboard alone, looks at it in both colour schemes, and closes it. */
async function visit(p, entry, title, name) {
  await p.button('Room').focus()
  await p.page.keyboard.press('Enter')
  await p.page.getByRole('menuitem', { name: entry }).waitFor()
  await reach(p, entry, 'ArrowDown')
  await p.page.keyboard.press('Enter')
  const dialog = p.page.getByRole('dialog', { name: title })
  await dialog.waitFor()
  assert.ok(await dialog.evaluate((d) => d.contains(document.activeElement)), `${title} has the focus`)
  for (const colorScheme of ['light', 'dark']) {
    await p.page.emulateMedia({ colorScheme })
    await p.accessible(`${title}, ${colorScheme}`, 'dialog')
    await p.shot(`${name}-${colorScheme}`)
  }
  await p.page.evaluate(() => {
    globalThis.visited = []
    document.addEventListener('focusin', (e) => globalThis.visited.push(!!e.target.closest('dialog')))
  })
  for (let i = 0; i < 5; i++) await p.page.keyboard.press('Tab')
  const visited = await p.page.evaluate(() => globalThis.visited)
  assert.ok(visited.length > 1 && visited.every(Boolean), `the focus stays in ${title}: ${visited}`)
  await p.page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await until(`${title} gives the focus back`, async () => (await focused(p)) === 'Room', 5)
}

test('a browser without WebGL says so, and goes on', async () => {
  await ana.page.getByText('This browser cannot draw the map. Everything else works.').waitFor()
  await reach(ana, 'Room')
  await ana.accessible('without a map')
  await ana.shot('nomap-desk')
})

test('each dialog can be used without a mouse, by day and by night', async () => {
  await visit(ana, 'Edit room', 'Edit room', 'edit-desk')
  await visit(ana, 'View-only links', 'View-only links', 'shares-desk')
  await visit(ana, 'Call for help', 'Call for help?', 'sos-desk')
  await visit(bob, 'Leave room', 'Leave Trip to the lake?', 'leave-phone')
  await visit(ana, 'End room', 'End Trip to the lake for everybody?', 'close-desk')
})

test('the owner makes and unmakes an admin, who then may lead', async () => {
  const act = async (who, entry) => {
    await ana.button(`Actions for ${who}`).click()
    await ana.page.getByRole('menuitem', { name: entry, exact: true }).click()
  }
  await act(bob.name, 'Make admin')
  await bob.member(bob.name).getByText('Admin').waitFor()
  await ana.member(bob.name).getByText('Admin').waitFor()
  await bob.button('Room').click()
  await bob.page.getByRole('menuitem', { name: 'Edit room' }).waitFor()
  await bob.shot('menu-phone')
  await bob.page.keyboard.press('Escape')
  await act(bob.name, 'Make an ordinary member')
  await bob.member(bob.name).getByText('Admin').waitFor({ state: 'detached' })
})

test('a guest does not lead, but may talk with the others', async () => {
  const role = async (r) => (await ana.rest()).call('PUT', `/api/rooms/${room.id}/members/${cem.id}/role`, { role: r })
  await role('viewer')
  await ana.member('Cemile').getByText('Guest').waitFor()
  await cem.connects(room)
  await cem.says('A guest speaks')
  await bob.tab(/Chat/)
  await bob.message('A guest speaks').waitFor()
  await bob.tab(/People/)
  await ana.accessible('a guest')
  await ana.shot('guest-desk')
  cem.leaves()
  await role('member')
  await ana.member('Cemile').getByText('Guest').waitFor({ state: 'detached' })
})

test('who is removed may come back, and who is blocked may not, until that is undone', async () => {
  const act = async (who, entry) => {
    await ana.button(`Actions for ${who}`).click()
    await ana.page.getByRole('menuitem', { name: entry, exact: true }).click()
  }
  await ana.button(`Actions for ${dan.name}`).click()
  await ana.page.getByRole('menu').waitFor()
  await ana.shot('member-menu-desk')
  await ana.page.keyboard.press('Escape')
  await act(dan.name, 'Remove')
  await ana.shot('member-remove-desk')
  await ana.page.getByText(`${dan.name} was removed.`).waitFor()
  await ana.member(dan.name).waitFor({ state: 'detached' })
  await dan.joins(room)
  await ana.member(dan.name).waitFor()
  await act(dan.name, 'Remove and block')
  await ana.shot('member-ban-desk')
  await ana.page.getByText(`${dan.name} was removed and cannot come back.`).waitFor()
  await assert.rejects(dan.joins(room), /BANNED/)
  await ana.button('Undo').click()
  await until('Dan may come back', async () => dan.joins(room).then(() => true, () => false), 10)
  await ana.member(dan.name).waitFor()
})

test('a new code ends the old one', async () => {
  await ana.page.getByRole('banner').getByRole('button', { name: 'Invite' }).click()
  const code = ana.page.locator('.code')
  const before = await code.textContent()
  for (const colorScheme of ['light', 'dark']) {
    await ana.page.emulateMedia({ colorScheme })
    await ana.accessible(`invitation, ${colorScheme}`, 'dialog')
    await ana.shot(`invite-desk-${colorScheme}`)
  }
  await ana.button('Make a new code').click()
  await ana.page.getByRole('dialog', { name: 'Make a new code' }).waitFor()
  await ana.accessible('a new code')
  await ana.shot('rotate-desk')
  await ana.page.getByRole('dialog', { name: 'Make a new code' }).getByRole('button', { name: 'Make a new code' }).click()
  await ana.page.getByText('The old code no longer works.').waitFor()
  await until('the new code is shown', async () => (await code.textContent()) !== before)
  await assert.rejects(dan.joins(room), /ROOM_NOT_FOUND/)
  await ana.page.keyboard.press('Escape')
})

test('a link to look on can be made, copied and revoked', async () => {
  await bob.page.goto(url) // Bob does not see the entry at all
  await ana.button('Room').click()
  await ana.page.getByRole('menuitem', { name: 'View-only links' }).click()
  await ana.button('Make a link').click()
  const link = await ana.page.locator('#made-link').inputValue()
  await ana.button('Copy').click()
  assert.equal(await ana.page.evaluate(() => navigator.clipboard.readText()), link)
  await ana.page.evaluate(async () => {
    await navigator.clipboard.writeText('something else')
    Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }) // as on a page that does not come by https
  })
  await ana.button('Copy').click()
  assert.equal(await ana.page.evaluate(() => delete navigator.clipboard && navigator.clipboard.readText()), link)
  await ana.accessible('a link was made')
  await ana.shot('shares-made-desk')
  const eve = await Person.at(browser, 'somebody', phone)
  await eve.page.goto(link)
  await eve.page.getByText('You are looking on').waitFor()
  await ana.button('Revoke').click()
  await eve.page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
  await eve.accessible('a link that is over')
  await eve.shot('view-over-phone')
  eve.expected.push(/^40[134] \/api/)
  eve.content()
  await eve.context.close()
  await ana.page.keyboard.press('Escape')
})

test('the room is handed over, left, and ended', async () => {
  await bob.page.goto(`${url}/rooms/${room.id}`)
  await bob.member(ana.name).waitFor()
  await ana.button(`Actions for ${bob.name}`).click()
  await ana.page.getByRole('menuitem', { name: 'Hand the room over' }).click()
  await ana.accessible('handing over')
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Hand the room over' }).click()
  await bob.member(bob.name).getByText('Owner').waitFor()
  await ana.member(ana.name).getByText('Admin').waitFor()
  await ana.button('Room').click()
  await ana.page.getByRole('menuitem', { name: 'Leave room' }).click()
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Leave room' }).click()
  await ana.page.getByRole('heading', { name: 'Your rooms' }).waitFor()
  await bob.member(ana.name).waitFor({ state: 'detached' })
  const { share } = await (await bob.rest()).post(`/api/rooms/${room.id}/shares`, {})
  const eve = await Person.at(browser, 'somebody', phone)
  await eve.page.goto(`${url}/view#${share.token}`)
  await eve.page.getByText('You are looking on').waitFor()
  await bob.button('Room').click()
  await bob.page.getByRole('menuitem', { name: 'End room' }).click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'End room' }).click()
  await bob.page.getByRole('heading', { name: 'This room has been ended' }).waitFor()
  await bob.accessible('a room that was ended')
  await bob.shot('ended-phone')
  await eve.page.getByRole('heading', { name: 'This room has been ended' }).waitFor() // not that something was wrong with the link
  await eve.accessible('a room that was ended while one looked on')
  eve.expected.push(/^410 \/api/)
  for (const p of [ana, bob, eve]) p.content()
  await eve.context.close()
})

test('who has shared alone is seen to move by whoever comes', async () => {
  const eve = await Person.at(browser, `Eve ${stamp}`, { ...phone, geolocation: south(900) })
  const told = new Promise((go) => eve.page.on('websocket', (ws) => ws.on('framereceived', (f) => /"unwatched"/.test(String(f.payload)) && go())))
  await eve.signIn()
  await eve.button('New room').waitFor()
  const alone = await eve.rest().then((u) => u.opens({ name: 'Alone so far' }))
  await eve.page.goto(`${url}/rooms/${alone.id}`)
  await eve.button('Share my position').click()
  await told // to report every two minutes
  const fay = await (await User.named(`Fay ${stamp}`)).joins(alone)
  let seen = null
  await fay.connects(alone)
  fay.socket.on('location-updated', (l) => (seen = l.latitude))
  await eve.member(fay.name).getByText('Connected').waitFor()
  await eve.context.setGeolocation(south(700))
  await until('the new place is told', () => seen !== null && Math.abs(seen - south(700).latitude) < 1e-5, 15)
  fay.leaves()
  eve.content()
  await eve.context.close()
})
