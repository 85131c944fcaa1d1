// People with browsers. Whatever a page complains of (errors, its security policy) fails the test in the end.
// By hand: npm ci, then WEMAPS_URL=http://localhost:8080 WEMAPS_CHROMIUM=/usr/bin/chromium npm test
import assert from 'node:assert/strict'
import { readFile, mkdir } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { io } from 'socket.io-client'

export const url = process.env.WEMAPS_URL
/** Where screenshots go; none are taken when it is not set. */
const shots = process.env.WEMAPS_SHOTS
const axeSource = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

export const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }
export const desk = { viewport: { width: 1280, height: 800 } }
/** Where the trip goes, and a way there. */
export const lake = { latitude: 45.7512, longitude: 14.3601 }
export const south = (metres) => ({ latitude: lake.latitude - metres / 111_320, longitude: lake.longitude, accuracy: 8 })

export async function launch({ map = true } = {}) {
  return chromium.launch({
    executablePath: process.env.WEMAPS_CHROMIUM,
    // A container has neither a graphics card nor user namespaces.
    args: ['--no-sandbox', ...(map ? ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'] : ['--disable-3d-apis'])],
  })
}

/** Somebody without a browser: REST, and what follows from it. */
export class User {
  static async named(name) {
    const u = new User()
    const { token, user } = await u.call('POST', '/api/auth/signin', { name })
    return Object.assign(u, { name, token, id: user.id })
  }

  async call(method, path, body, type = 'application/json') {
    const r = await fetch(url + path, { method, body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...(body !== undefined && { 'content-type': type }), ...(this.token && { authorization: `Bearer ${this.token}` }) } })
    const text = await r.text()
    assert.ok(r.ok, `${method} ${path}: ${r.status} ${text}`)
    return text && JSON.parse(text)
  }

  post = (path, body, type) => this.call('POST', path, body, type)

  async opens(room) {
    const answer = await this.post('/api/rooms', { destinationName: 'Car park by the lake', destinationLat: lake.latitude, destinationLng: lake.longitude, ...room })
    return answer.room
  }

  async joins(room, nickname) {
    await this.post('/api/rooms/join', { roomCode: room.roomCode, ...(nickname && { nickname }) })
    return this
  }

  /** Connects, and can tell where it is. */
  async connects(room) {
    this.socket = io(url, { auth: { token: this.token }, forceNew: true })
    await new Promise((go, fail) => this.socket.on('connect', go).on('connect_error', fail))
    this.at = (place) => new Promise((go, fail) => {
      this.socket.once('location-confirmed', go)
      this.socket.once('error', (e) => fail(new Error(e.message)))
      this.socket.emit('location-update', { roomId: room.id, ...place })
    })
    this.says = async (content) => {
      const answer = await this.socket.emitWithAck('send-message', { roomId: room.id, content })
      assert.ok(answer.seq > 0, JSON.stringify(answer))
    }
    return this
  }

  leaves() {
    this.socket?.close()
  }
}

/** A network between a browser and the edge that can go away without a word, as under a closed lid. */
export async function tunnel() {
  const to = new URL(url)
  const pairs = new Set()
  let silent = false
  const server = createServer((near) => {
    near.on('error', () => undefined)
    if (silent) return pairs.add({ near })
    const far = connect({ host: to.hostname, port: Number(to.port) })
    const pair = { near, far }
    pairs.add(pair)
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
    near.on('close', () => pairs.delete(pair) && far.destroy())
  })
  await new Promise((go) => server.listen(0, '127.0.0.1', go))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Nothing goes through any more, and the browser is not told; the edge has given up already. */
    silence() {
      silent = true
      for (const { near, far } of pairs) {
        near.unpipe()
        far?.unpipe()
        far?.destroy()
        near.resume() // what is sent goes nowhere
      }
    },
    /** New connections work again. The old ones stay as dead as they are. */
    restore() {
      silent = false
    },
    close() {
      for (const { near, far } of pairs) {
        near.destroy()
        far?.destroy()
      }
      server.close()
    },
  }
}

export class Person {
  complaints = []
  /** Complaints that the test provokes, such as those of a network that it has cut. */
  expected = []

  static async at(browser, name, options = {}) {
    const p = new Person()
    p.name = name
    p.context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Ljubljana', permissions: ['geolocation', 'clipboard-read', 'clipboard-write'], ...options })
    p.context.setDefaultTimeout(30_000)
    p.page = await p.context.newPage()
    p.page.on('console', (m) => m.type() === 'error' && !/^Failed to load resource: the server/.test(m.text()) && p.complaints.push(`console: ${m.text()}`))
    p.page.on('response', (r) => r.status() >= 400 && p.complaints.push(`${r.status()} ${new URL(r.url()).pathname}`)) // which says more than the console
    p.page.on('pageerror', (e) => p.complaints.push(`error: ${e.stack ?? e}`))
    await p.page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (e) => console.error(`refused by the policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))
    })
    return p
  }

  async signIn(path = '/', base = url) {
    await this.page.goto(base + path)
    await this.page.getByLabel('Your name').fill(this.name)
    await this.page.getByRole('button', { name: 'Continue' }).click()
  }

  /** What this person can do by REST, with the page's own token. */
  async rest() {
    const { token, user } = await this.page.evaluate(() => JSON.parse(localStorage.getItem('wemaps.session')))
    return Object.assign(new User(), { name: user.name, token, id: user.id })
  }

  button = (name) => this.page.getByRole('button', { name, exact: true })
  tab = (name) => this.page.getByRole('tab', { name }).click()
  member = (name) => this.page.locator('.member', { hasText: name })
  message = (text) => this.page.locator('.message', { hasText: text })
  marker = (name) => this.page.locator('.wm-marker', { hasText: name })

  async say(text) {
    await this.page.getByPlaceholder('Message').fill(text)
    await this.page.getByRole('button', { name: 'Send' }).click()
  }

  /**
   * Looks for what would stop somebody who uses the page, or the given part of it, without eyes or mouse; the test goes on,
   * and fails in the end.
   */
  async accessible(where, part = null) {
    // What fades in has too little contrast until it is there; what turns for ever has not.
    await this.page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime)).map((a) => a.finished)))
    this.debugger ??= await this.context.newCDPSession(this.page)
    if (!(await this.page.evaluate(() => 'axe' in globalThis))) await this.debugger.send('Runtime.evaluate', { expression: axeSource }) // past the page's policy
    const { violations } = await this.page.evaluate((within) => globalThis.axe.run(within ?? document, {
      resultTypes: ['violations'],
      rules: { 'label-content-name-mismatch': { enabled: true } },
    }), part)
    const found = violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join('\n  ')}`)
    this.complaints.push(...found.map((f) => `not accessible, ${where}: ${f}`))
  }

  async shot(name) {
    if (!shots) return
    await mkdir(shots, { recursive: true })
    // What comes in is there, and was drawn: an overloaded machine shows a dialog's backdrop frames before the dialog.
    await this.page.evaluate(async () => {
      await Promise.allSettled(document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime)).map((a) => a.finished))
      for (let i = 0; i < 2; i++) await new Promise((go) => requestAnimationFrame(go))
    })
    await this.page.screenshot({ path: `${shots}/${name}.png` })
  }

  /** Where a marker is on the screen, in pixels. */
  async placeOf(name) {
    const box = await this.marker(name).boundingBox()
    return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  }

  content() {
    const unexpected = this.complaints.filter((c) => !this.expected.some((e) => e.test(c)))
    assert.deepEqual(unexpected, [], `what the page of ${this.name} complained of`)
  }
}

/** Asks the API for something, as an app does. */
export async function post(path, body, token) {
  const r = await fetch(url + path, { method: 'POST', body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) } })
  assert.ok(r.ok, `${path}: ${r.status}`)
  return r.json()
}

/** Asks until the answer is true. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    if (await ask()) return
    if (Date.now() > end) assert.fail(`waited ${seconds} s: ${what}`)
    await new Promise((go) => setTimeout(go, 100))
  }
}
