// What the page lets people change besides the room itself: privacy zones, a room's route and areas, recording, tracks.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { lake, south, url } from './kit.mjs'

const gpx = (name, from, to) => ({ name: `${name}.gpx`, mimeType: 'application/gpx+xml', buffer: Buffer.from(
  `<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>${name}</name><trkseg>${[from, (from + to) / 2, to].map((m) => `<trkpt lat="${south(m).latitude}" lon="${lake.longitude}"/>`).join('')}</trkseg></trk></gpx>`) })

const dialog = (p) => p.page.getByRole('dialog')
const line = (p, name) => dialog(p).getByRole('listitem').filter({ hasText: name })

async function open(p, where, item) {
  await p.page.getByRole('banner').getByRole('button', { name: where }).click()
  await p.page.getByRole('menuitem', { name: item }).click()
  await dialog(p).waitFor()
}

async function remove(p, name) {
  await dialog(p).getByRole('button', { name: `Delete ${name}` }).click()
  await dialog(p).getByRole('button', { name: 'Really delete?' }).click()
  await line(p, name).waitFor({ state: 'detached' })
}

/** Saves a file, and says what is in it. */
async function saved(p, button) {
  const [download] = await Promise.all([p.page.waitForEvent('download'), dialog(p).getByRole('button', { name: button }).click()])
  assert.match(download.suggestedFilename(), /\.gpx$/)
  assert.ok(download.url().startsWith(`blob:${url}`), download.url()) // no address, and no token in one
  return readFile(await download.path(), 'utf8')
}

/** The owner's page is at the room; guest is somebody else there. */
export async function roomEditors(owner, guest) {
  await open(owner, 'Room', 'Areas')
  await dialog(owner).getByRole('button', { name: 'Add an area' }).click()
  await dialog(owner).getByLabel('Name').fill('Camp <i>')
  await dialog(owner).getByRole('button', { name: 'Choose on the map' }).click()
  await dialog(owner).getByRole('button', { name: 'Take the middle of the map' }).click()
  await owner.page.waitForFunction((lat) => Math.abs(parseFloat(document.querySelector('dialog .place input').value) - lat) < 0.01, lake.latitude) // it opens at the destination
  await dialog(owner).getByLabel('Where on the map?').fill(`${south(1500).latitude}, ${lake.longitude}`)
  await dialog(owner).getByLabel('300 m').check({ force: true })
  await owner.accessible('a new area')
  await owner.shot('area-phone')
  await dialog(owner).getByRole('button', { name: 'Save' }).click()
  await line(owner, 'Camp <i>').getByText('300 m').waitFor()
  await guest.page.locator('.wm-pin.area', { hasText: 'Camp <i>' }).waitFor({ state: 'attached' }) // the others see it at once
  await dialog(owner).getByRole('button', { name: 'Change Camp <i>' }).click()
  await dialog(owner).getByLabel('Name').fill('Big camp')
  await dialog(owner).getByLabel('1.0 km').check({ force: true })
  await owner.accessible('changing an area')
  await owner.shot('area-change-phone')
  await dialog(owner).getByRole('button', { name: 'Save' }).click()
  await line(owner, 'Big camp').getByText('1.0 km').waitFor()
  await guest.page.locator('.wm-pin.area', { hasText: 'Big camp' }).waitFor({ state: 'attached' })
  await owner.shot('areas-phone')
  await shapes(owner)
  await remove(owner, 'Big camp')
  await guest.page.locator('.wm-pin.area', { hasText: 'Camp <i>' }).waitFor({ state: 'detached' })
  await owner.page.keyboard.press('Escape')

  await open(owner, 'Room', 'Route')
  await dialog(owner).getByText('This room has no route.').waitFor()
  await dialog(owner).locator('input[type=file]').setInputFiles(gpx('By the lake', 3000, 0))
  await line(owner, 'By the lake').getByText('3.0 km').waitFor()
  await owner.accessible('the route')
  await owner.shot('route-phone')
  await dialog(owner).locator('input[type=file]').setInputFiles({ ...gpx('x', 1, 2), buffer: Buffer.from('no gpx') })
  await owner.page.locator('.toast.error').waitFor()
  await remove(owner, 'By the lake')
  await owner.page.keyboard.press('Escape')
}

/** Areas with corners: written, dragged, added, removed. The dialog of the areas is open. */
async function shapes(owner) {
  const text = dialog(owner).getByLabel('Corners')
  const corners = async () => (await text.inputValue()).split('\n')
  const handle = (i) => dialog(owner).locator('.wm-corner:not(.middle)').nth(i)
  const save = () => dialog(owner).getByRole('button', { name: 'Save' }).click()
  const drag = async (what, x, y) => {
    const box = await what.boundingBox()
    await owner.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await owner.page.mouse.down()
    await owner.page.mouse.move(box.x + box.width / 2 + x / 2, box.y + box.height / 2 + y / 2)
    await owner.page.mouse.move(box.x + box.width / 2 + x, box.y + box.height / 2 + y)
    await owner.page.mouse.up()
  }
  await dialog(owner).getByRole('button', { name: 'Draw an area' }).click()
  await dialog(owner).getByLabel('Name').fill('Meadow')
  const at = (north, east) => `${south(-north).latitude.toFixed(5)}, ${(lake.longitude + east / 78_000).toFixed(5)}`
  await text.fill([at(0, 0), at(300, 300), at(0, 300), at(300, 0)].join('\n')) // as an hourglass
  await save()
  await dialog(owner).getByRole('alert').getByText('cross').waitFor()
  await text.fill([at(0, 0), at(0, 300), at(300, 300), at(300, 0)].join('\n'))
  await save()
  await line(owner, 'Meadow').waitFor()
  const rest = await owner.rest()
  const path = `/api/rooms/${new URL(owner.page.url()).pathname.split('/').pop()}/geofences`
  const stored = async () => (await rest.call('GET', path)).geofences.find((g) => g.name === 'Meadow')
  const before = await stored()
  await rest.call('PUT', `${path}/${before.id}`, { name: 'Meadow', kind: 'polygon', vertices: before.vertices, dwellSeconds: 120 }) // of another client
  await owner.page.keyboard.press('Escape')
  await open(owner, 'Room', 'Areas')
  await dialog(owner).getByRole('button', { name: 'Change Meadow' }).click()
  await handle(3).waitFor()
  const [a, b, c, d] = await corners()
  await drag(handle(0), -20, 15)
  const [moved, ...rest4] = await corners()
  assert.deepEqual(rest4, [b, c, d])
  assert.ok(parseFloat(moved) < parseFloat(a), `${a} was moved down, to ${moved}`)
  await drag(dialog(owner).locator('.wm-corner.middle').nth(1), 20, 0) // between b and c
  await handle(4).waitFor()
  assert.deepEqual((await corners()).filter((_, i) => i !== 2), [moved, b, c, d])
  await owner.accessible('an area with corners')
  await owner.shot('shape-phone')
  await handle(4).click()
  await dialog(owner).getByRole('button', { name: 'Remove this corner' }).click()
  await handle(4).waitFor({ state: 'detached' })
  assert.equal((await corners()).length, 4)
  await dialog(owner).getByRole('button', { name: 'Make the middle of the map a corner' }).focus()
  await owner.page.keyboard.press('Enter')
  await handle(4).waitFor()
  const meant = (await corners()).map((l) => l.split(', ').reverse().map(Number))
  await save()
  await line(owner, 'Meadow').waitFor()
  const after = await stored()
  assert.deepEqual(after.vertices.slice(0, meant.length), meant)
  assert.equal(after.dwellSeconds, 120) // which the page does not show
  await remove(owner, 'Meadow')
}

/** Recording: the room allows it, one agrees, and takes away what there is. The user's page is at a room that they own, and shares a position. */
export async function recordingEditor(owner) {
  await open(owner, 'Room', 'Recording')
  const mine = dialog(owner).getByRole('switch', { name: 'Record my track' })
  await mine.waitFor()
  assert.ok(await mine.isDisabled(), 'nobody is recorded while the room does not allow it')
  await dialog(owner).getByRole('switch', { name: 'The room may record tracks' }).click()
  await mine.and(owner.page.locator(':enabled')).click()
  await owner.page.locator('[role=switch]:checked').nth(1).waitFor()
  await owner.accessible('recording')
  await owner.shot('recording-phone')
  await owner.page.keyboard.press('Escape')
}

/** What is the user's alone. The page is at the list of rooms. */
export async function ownEditors(p) {
  await open(p, 'Account', 'Privacy zones')
  await dialog(p).getByText('You have no zones.').waitFor()
  await dialog(p).getByRole('button', { name: 'Add a zone' }).click()
  await dialog(p).getByLabel('Name').fill('Home')
  await dialog(p).getByRole('button', { name: 'My position' }).click()
  await p.page.waitForFunction(() => /^\d/.test(document.querySelector('dialog .place input').value))
  await dialog(p).getByLabel('about where you are').check({ force: true })
  await p.accessible('a new zone')
  await p.shot('zone-phone')
  await dialog(p).getByRole('button', { name: 'Save' }).click()
  await line(p, 'Home').getByText('200 m · about where you are').waitFor()
  await dialog(p).getByRole('button', { name: 'Change Home' }).click()
  assert.match(await dialog(p).getByLabel('Where on the map?').inputValue(), /^\d/)
  await dialog(p).getByLabel('nothing of you').check({ force: true })
  await dialog(p).getByLabel('500 m').check({ force: true })
  await p.accessible('changing a zone')
  await dialog(p).getByRole('button', { name: 'Save' }).click()
  await line(p, 'Home').getByText('500 m · nothing of you').waitFor()
  await remove(p, 'Home')
  await p.page.keyboard.press('Escape')

  await open(p, 'Account', 'My tracks')
  await dialog(p).locator('input[type=file]').setInputFiles(gpx('Morning walk', 900, 0))
  await line(p, 'Morning walk').getByText('900 m').waitFor()
  assert.match(await saved(p, 'Save Morning walk as a GPX file'), /<trkpt/)
  assert.match(await saved(p, 'Save Trip to the lake as a GPX file'), /<trkpt/) // what was recorded in the room
  await p.accessible('my tracks')
  await p.shot('tracks-phone')
  await remove(p, 'Morning walk')
  await dialog(p).getByRole('button', { name: 'Delete all my tracks' }).click()
  await dialog(p).getByRole('button', { name: 'Really delete?' }).click()
  await dialog(p).getByText('Nothing is kept.').waitFor()
  await p.page.keyboard.press('Escape')
}
