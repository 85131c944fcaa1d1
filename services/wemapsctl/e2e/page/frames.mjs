// Fifty members move at 1 Hz through the real edge, and somebody looks at their room on a phone: what do frames cost?
// It reports, and judges nothing but that all are there. By hand: WEMAPS_URL=… WEMAPS_CHROMIUM=… node frames.mjs
import { fileURLToPath } from 'node:url'
import { io } from 'socket.io-client'
import { Person, lake, launch, phone, post, south, until, url } from './kit.mjs'
import { line, trace } from './trace.mjs'

/** Somebody who drives around the lake, in an app. */
async function driver(n, count, roomId, roomCode, stamp) {
  const { token } = await post('/api/auth/signin', { name: `Driver ${n} ${stamp}` })
  await post('/api/rooms/join', { roomCode }, token)
  const socket = io(url, { auth: { token }, transports: ['websocket'], forceNew: true })
  await new Promise((go, fail) => socket.on('connect', go).on('connect_error', fail))
  const radius = 800 + 40 * n // metres
  let angle = (n / count) * 2 * Math.PI
  const step = () => {
    angle += 20 / radius // 20 m/s
    socket.emit('location-update', { roomId, speed: 20, bearing: ((angle * 180) / Math.PI + 90) % 360, accuracy: 8, batteryLevel: 80,
      latitude: lake.latitude + (radius * Math.cos(angle)) / 111_320, longitude: lake.longitude + (radius * Math.sin(angle)) / (111_320 * Math.cos((lake.latitude * Math.PI) / 180)) })
  }
  let timer
  setTimeout(() => { // spread over the second, as people are
    step()
    timer = setInterval(step, 1000)
  }, (n / count) * 1000)
  return () => {
    clearInterval(timer)
    socket.close()
  }
}

/** Frames that a page gets in a second when it asks for all of them. */
const rate = (page, seconds = 4) => page.evaluate((s) => new Promise((go) => {
  let n = 0
  const from = performance.now()
  const step = (now) => {
    n++
    if (now - from > s * 1000) go(Math.round((n * 1000) / (now - from)))
    else requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
}), seconds)

const longTasks = (page) => page.evaluate(() => globalThis.wmLong.splice(0))

/** Measures, and hands each line of the report to say. */
export async function frames(browser, say, { members = 50, seconds = 10 } = {}) {
  const stamp = Date.now().toString(36).slice(-5)
  const looker = await Person.at(browser, `Looker ${stamp}`, { ...phone, geolocation: south(400) })
  await looker.page.addInitScript(() => {
    globalThis.wmLong = []
    new PerformanceObserver((l) => globalThis.wmLong.push(...l.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask' })
  })
  await looker.signIn()
  const { token } = await looker.page.evaluate(() => new Promise((go) => {
    const look = () => (localStorage.getItem('wemaps.session') ? go(JSON.parse(localStorage.getItem('wemaps.session'))) : setTimeout(look, 50))
    look()
  }))
  const { room } = await post('/api/rooms', { name: `Frames ${stamp}`, destinationName: 'Lake', destinationLat: lake.latitude, destinationLng: lake.longitude, maxMembers: 50 }, token)
  await looker.page.goto(`${url}/rooms/${room.id}`)
  await looker.page.locator('.wm-pin.goal').waitFor({ state: 'attached' })
  const report = async (what) => {
    await longTasks(looker.page)
    const t = await trace(looker.page, seconds)
    const long = await longTasks(looker.page)
    const fps = await rate(looker.page)
    say(`frames, ${what}: ${line(t)}; long by the wall: ${long.length ? long.join(', ') : 'none'}; ${fps} frames/s at most`)
  }
  const blank = await browser.newPage(phone)
  say(`frames, an empty document: ${await rate(blank)} frames/s at most`)
  await blank.close()
  await report('nobody else is there')

  const stops = []
  let moving
  try {
    for (let n = 1; n < members; n++) stops.push(await driver(n, members - 1, room.id, room.roomCode, stamp))
    await looker.button('Share my position').click()
    let at = 400
    moving = setInterval(() => void looker.context.setGeolocation(south((at -= 10))).catch(() => undefined), 1000)
    await until(`${members} markers`, async () => (await looker.page.locator('.wm-marker').count()) === members, 60)
    await report(`${members} members at 1 Hz, all in view`)
    await looker.member(`Driver 1 ${stamp}`).locator('.member-show').click()
    await report(`${members} members at 1 Hz, following one of them`)
  } finally {
    clearInterval(moving)
    for (const stop of stops) stop()
  }
  await looker.shot('frames-phone')
  looker.content()
  await looker.context.close()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const browser = await launch()
  await frames(browser, console.log)
  await browser.close()
}
