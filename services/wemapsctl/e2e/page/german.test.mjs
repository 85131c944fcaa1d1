// The whole way once in German, on a narrow phone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, User, lake, launch, phone, south, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, jana, uwe, room

before(async () => {
  browser = await launch({ map: false })
  jana = await Person.at(browser, `Jana ${stamp}`, { ...phone, viewport: { width: 360, height: 740 }, locale: 'de-DE', timezoneId: 'Europe/Berlin', geolocation: south(1234) })
})
after(async () => {
  uwe?.leaves()
  await browser?.close()
})

/** Looks whether everything fits, and whether a word of English is left. */
async function fits(where) {
  const wide = await jana.page.evaluate(() => {
    const { clientWidth } = document.documentElement
    const out = []
    for (const e of document.querySelectorAll('body *')) {
      if (e.closest('.wm-map, .visually-hidden, .skip, svg') || !e.checkVisibility({ opacityProperty: true })) continue
      const box = e.getBoundingClientRect()
      if (box.width > 0 && (box.right > clientWidth + 0.5 || box.left < -0.5)) out.push(`${e.tagName}.${e.className} ${Math.round(box.left)}–${Math.round(box.right)}`)
      const cut = e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'hidden' && getComputedStyle(e).textOverflow !== 'ellipsis' && !e.matches('input, textarea')
      if (cut && e.clientWidth > 1) out.push(`${e.tagName}.${e.className} is cut: ${e.scrollWidth} > ${e.clientWidth}`)
    }
    return out
  })
  assert.deepEqual(wide, [], where)
  const words = await jana.page.evaluate(() => {
    const labels = [...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((e) => [e.ariaLabel, e.getAttribute('placeholder'), e.title])
    return `${document.body.innerText}\n${labels.filter(Boolean).join('\n')}`
  })
  const english = words.match(/\b(the|your|you|room|people|share|message|leave|member|owner|show|with|and|until|ago|just now|today)\b.*/gi)
  assert.deepEqual(english, null, where)
  const keys = words.match(/\b(app|signin|account|rooms|create|join|room|invite|shares|view|role|member|me|sos|ask|chat|typing|system|map|net|time|error)\.[a-zA-Z]+/g)
  assert.deepEqual((keys ?? []).filter((k) => !url.includes(k)), [], where)
  await jana.shot(`de-${where}`)
}

test('signing in, and a new room', async () => {
  await jana.page.goto(url)
  assert.equal(await jana.page.evaluate(() => document.documentElement.lang), 'de')
  await fits('anmelden')
  await jana.page.getByLabel('Dein Name').fill('   ')
  await jana.button('Weiter').click()
  await jana.page.getByRole('alert').getByText('Ein Name hat 2 bis 50 Zeichen.').waitFor()
  await jana.page.getByLabel('Dein Name').fill(jana.name)
  await jana.button('Weiter').click()
  await jana.page.getByRole('heading', { name: 'Noch keine Fahrten' }).waitFor()
  await fits('keine')
  await jana.button('Neuer Raum').click()
  await fits('neu')
  await jana.page.getByLabel('Worum geht es?').fill('Donaudampfschifffahrtsgesellschaftsausflug')
  await jana.page.getByLabel('Wo trefft ihr euch?').fill('Parkplatz am See hinter der alten Mühle')
  await jana.page.getByLabel('Wo auf der Karte?').fill('nirgends')
  await jana.button('Raum öffnen').click()
  await jana.page.getByText('Das sind keine Koordinaten.').waitFor()
  await jana.page.getByLabel('Wo auf der Karte?').fill(`${lake.latitude} ${lake.longitude}`.replaceAll('.', ',')) // as Germans write them
  await jana.button('Raum öffnen').click()
  await jana.page.getByText('Noch ist niemand sonst hier').waitFor()
  await fits('allein')
})

test('the room and its dialogs', async () => {
  const id = new URL(jana.page.url()).pathname.split('/').pop()
  const me = await jana.rest()
  room = (await me.call('GET', `/api/rooms/${id}`)).room
  uwe = await (await User.named(`Uwe ${stamp}`)).joins(room, 'Uwe-Karl Freiherr von und zu Hinterhermsdorf')
  await uwe.connects(room)
  const { verdict } = await uwe.at({ ...south(1500), batteryLevel: 9 })
  assert.equal(verdict, 'accepted') // it is the only one: what is not taken is never seen
  await jana.member('Uwe-Karl').getByText('noch 1,5 km').waitFor()
  await jana.member('Uwe-Karl').getByText('Akku 9').waitFor()
  await jana.button('Meine Position teilen').click()
  await jana.button('Nicht mehr teilen').waitFor()
  await jana.member(jana.name).getByText('noch 1,2 km').waitFor()
  await fits('leute')
  await jana.page.getByRole('banner').getByRole('button', { name: 'Einladen' }).click()
  await fits('einladen')
  await jana.page.keyboard.press('Escape')
  for (const [entry, where] of [['Raum bearbeiten', 'bearbeiten'], ['Links nur zum Ansehen', 'links'], ['Um Hilfe rufen', 'hilfe'], ['Raum verlassen', 'verlassen'], ['Raum beenden', 'beenden']]) {
    await jana.button('Raum').click()
    if (where === 'bearbeiten') await fits('menue')
    await jana.page.getByRole('menuitem', { name: entry }).click()
    await jana.page.getByRole('dialog').waitFor()
    await fits(where)
    await jana.page.keyboard.press('Escape')
    await jana.page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  for (const menu of ['Aktionen für Uwe-Karl Freiherr von und zu Hinterhermsdorf', 'Mehr zu deiner Position']) {
    await jana.button(menu).click()
    await jana.page.getByRole('menu').waitFor()
    await fits(menu.slice(0, 8))
    await jana.page.keyboard.press('Escape')
  }
})

test('the chat, its days and its numbers', async () => {
  await jana.page.goto(url)
  await jana.page.getByText('2 Personen').waitFor()
  await uwe.says('Bin gleich da')
  await jana.page.getByText('1 neue Nachricht', { exact: true }).waitFor()
  await uwe.says('Wo seid ihr?')
  await jana.page.getByText('2 neue Nachrichten', { exact: true }).waitFor()
  await jana.page.getByText(/endet in (23|24) Std\./).waitFor()
  await fits('raeume')
  await jana.page.locator('.card').click()
  await jana.tab(/Chat/)
  await jana.page.getByText('Neue Nachrichten').waitFor()
  await jana.page.getByText('Heute').waitFor()
  await jana.page.getByPlaceholder('Nachricht').fill('Bei der Mühle')
  await jana.button('Senden').click()
  await jana.message('Bei der Mühle').getByText('Gesendet').waitFor()
  await fits('chat')
  await jana.button('Aktionen für die Nachricht von Du').click()
  await fits('nachricht')
  await jana.page.getByRole('menuitem', { name: 'Löschen' }).click()
  await fits('loeschen')
  await jana.page.getByRole('dialog').getByRole('button', { name: 'Löschen' }).click()
  await jana.page.getByText('Nachricht gelöscht').waitFor()
  jana.content()
})
