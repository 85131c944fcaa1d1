// Following somebody: they stay in the middle, everything goes by smoothly, and the map is not drawn in each frame for it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, User, lake, launch, phone, south, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
let browser, ana, bob, room, driving, pace = 20 // m/s

before(async () => {
  browser = await launch()
  ana = await Person.at(browser, `Ana ${stamp}`, phone)
  await ana.page.addInitScript(() => {
    globalThis.drawn = 0 // times that the map was drawn
    const { clear } = WebGL2RenderingContext.prototype
    WebGL2RenderingContext.prototype.clear = function (what) {
      if (this.canvas.isConnected && what & this.COLOR_BUFFER_BIT) globalThis.drawn++
      return clear.call(this, what)
    }
  })
  await ana.signIn()
  await ana.button('New room').waitFor()
  const place = (metres) => ({ ...south(metres), longitude: lake.longitude + metres * 4e-6 })
  const owner = await ana.rest()
  room = await owner.opens({ name: 'After Bob' })
  await owner.call('PATCH', `/api/rooms/${room.id}`, { waypoints: [2800, 2600, 2400, 2200, 2000, 1800, 1600, 1400].map((m) => ({ name: `${m} m`, lat: place(m).latitude, lng: place(m).longitude })) })
  bob = await (await User.named(`Bob ${stamp}`)).joins(room)
  await bob.connects(room)
  let metres = 3000
  const step = () => bob.at({ ...place((metres -= pace)), speed: pace, bearing: 0 }).catch(() => undefined)
  await step()
  driving = setInterval(step, 1000)
  await ana.page.goto(`${url}/rooms/${room.id}`)
  await ana.marker(bob.name).waitFor({ state: 'attached' })
})
after(async () => {
  clearInterval(driving)
  bob?.leaves()
  await browser?.close()
})

/** What is seen in each frame for some seconds: where the marker and places that stand are, in pixels from the frame's middle. */
const watch = (seconds) => ana.page.evaluate(([name, s]) => new Promise((go) => {
  const marker = [...document.querySelectorAll('.wm-marker')].find((m) => m.textContent.includes(name))
  const frame = document.querySelector('.wm-frame').getBoundingClientRect()
  const at = (e) => {
    const { x, y } = e.getBoundingClientRect()
    return e.style.display !== 'none' && { x: x - frame.x - frame.width / 2, y: y - frame.y - frame.height / 2 }
  }
  const seen = []
  const from = document.timeline.currentTime
  const before = globalThis.drawn
  const step = () => {
    const now = document.timeline.currentTime // which is what animations go by, however late the frame is
    const canvas = document.querySelector('.wm-map canvas').getBoundingClientRect()
    const map = document.querySelector('.wm-map').getBoundingClientRect()
    seen.push({ now, marker: at(marker), pins: [...document.querySelectorAll('.wm-pin')].map(at), blank: Math.max(canvas.left - map.left, map.right - canvas.right, canvas.top - map.top, map.bottom - canvas.bottom) })
    if (now - from < s * 1000) requestAnimationFrame(step)
    else go({ seen, drawn: globalThis.drawn - before })
  }
  requestAnimationFrame(step)
}), [bob.name, seconds])

const far = ({ x, y }) => Math.hypot(x, y)

/** No jumps: what stands on the map goes by, at no more than a pace (px/s). Returns how far it went. */
function smooth({ seen }, fastest) {
  let moved = 0
  for (const [i, s] of seen.entries()) {
    assert.ok(far(s.marker) < 6, `Bob is ${far(s.marker)} px from the middle`)
    assert.ok(s.blank <= 0, `there is no map at an edge, for ${s.blank} px`)
    const before = seen[i - 1]
    if (!before) continue
    for (const [k, pin] of s.pins.entries()) {
      if (!pin || !before.pins[k]) continue
      const by = pin.y - before.pins[k].y
      const most = ((s.now - before.now) / 1000) * fastest + 3
      assert.ok(by > -2 && by < most, `the map jumps by ${by} px in ${s.now - before.now} ms`)
      moved += by / s.pins.filter((p, n) => p && before.pins[n]).length
    }
  }
  return moved
}

test('the map goes with whom it follows, and is hardly ever drawn for it', async (t) => {
  await ana.member(bob.name).locator('.member-show').click()
  await until('Bob is in the middle', async () => (await watch(0.3)).seen.every((s) => far(s.marker) < 3), 15)
  const w = await watch(10)
  const moved = smooth(w, 30)
  assert.ok(moved > 40, `the map has moved by ${moved} px`)
  t.diagnostic(`drawn ${w.drawn} times in 10 s, ${w.seen.length} frames, ${Math.round(moved)} px`)
  assert.ok(w.drawn < 60, `the map was drawn ${w.drawn} times in 10 s`)
  await ana.shot('follow-phone')
})

test('who goes fast is followed without an edge of the map in sight', async (t) => {
  for (let i = 0; i < 3; i++) {
    await ana.button('Zoom in').click()
    await ana.page.waitForTimeout(600)
  }
  pace = 45
  await ana.page.waitForTimeout(3000)
  const w = await watch(6)
  const moved = smooth(w, 300)
  assert.ok(moved > 300, `the map has moved by ${moved} px`)
  t.diagnostic(`drawn ${w.drawn} times in 6 s, ${w.seen.length} frames, ${Math.round(moved)} px`)
  await ana.shot('follow-fast-phone')
})

test('a hand on the map finds it where it is seen, and ends the following', async () => {
  const map = await ana.page.locator('.wm-frame').boundingBox()
  const [x, y] = [map.x + map.width / 2, map.y + 60]
  const goal = () => ana.page.locator('.wm-pin[style*=translate]:not([style*=none])').first().evaluate((e) => e.getBoundingClientRect().y)
  await ana.page.mouse.move(x, y)
  await ana.page.mouse.down()
  const before = await goal()
  await ana.page.mouse.move(x, y + 10, { steps: 2 })
  await ana.page.mouse.move(x, y + 60, { steps: 5 })
  await until('the map goes with the hand', async () => Math.abs((await goal()) - before - 60) < 12, 5) // the library takes the first few pixels for a click
  await ana.page.mouse.up()
  await until('nobody is followed', async () => (await ana.page.locator('.wm-canvas.wide').count()) === 0, 5)
  const after = await goal()
  await ana.page.waitForTimeout(1500)
  assert.ok(Math.abs((await goal()) - after) < 2, 'the map stays where it was put')
  ana.content()
})
