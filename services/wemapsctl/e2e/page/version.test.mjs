// A tab stays open while the page is built anew and deployed: what it has not loaded yet is gone from the server.
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { Person, launch, phone, until, url } from './kit.mjs'

const stamp = Date.now().toString(36).slice(-5)
const edge = new URL(url)
let browser, site

/**
 * The edge behind an address where the build before this one may still be deployed: the same files by other names, since the
 * names say what is in them.
 */
async function deployments() {
  const files = new Map() // path: its content and type
  const renamed = (text) => text.replace(/([\w.-]+-[\w-]{8})(\.js|\.css)\b/g, '$1old$2').replace(/(version"?:\s*[`"'])[0-9a-f]{12}/, '$1000000000000')
  const queue = ['/', '/sw.js']
  const known = new Set(queue)
  while (queue.length > 0) {
    const path = queue.pop()
    const r = await fetch(url + path)
    assert.ok(r.ok, `${path}: ${r.status}`)
    const text = await r.text()
    const headers = Object.fromEntries(['content-type', 'content-security-policy', 'cache-control'].flatMap((h) => (r.headers.has(h) ? [[h, r.headers.get(h)]] : [])))
    files.set(renamed(path), { text: renamed(text), headers })
    for (const [name] of text.matchAll(/[\w.-]+-[\w-]{8}\.(js|css)\b/g)) {
      if (known.has(`/assets/${name}`)) continue
      known.add(`/assets/${name}`)
      queue.push(`/assets/${name}`)
    }
  }
  assert.match(files.get('/sw.js').text, /000000000000/)
  assert.ok(files.size > 10 && [...files.keys()].some((p) => /route-.*old\.js/.test(p)), [...files.keys()].join(' '))
  const s = { old: true, gone: new Set() }
  const server = createServer((req, res) => {
    const path = req.url.split('?')[0]
    const file = s.old && files.get(/^\/(r\/|rooms\/|view$)/.test(path) ? '/' : path)
    if (file) return res.writeHead(200, file.headers).end(file.text)
    if (files.has(path) && path !== '/' && path !== '/sw.js') s.gone.add(path)
    req.pipe(request({ host: edge.hostname, port: edge.port, path: req.url, method: req.method, headers: req.headers }, (r) => {
      res.writeHead(r.statusCode, r.headers)
      r.pipe(res)
    }).on('error', () => res.destroy()))
  })
  server.on('upgrade', (req, near, head) => {
    const far = connect(Number(edge.port), edge.hostname, () => {
      far.write(`${req.method} ${req.url} HTTP/1.1\r\n${req.rawHeaders.map((v, i) => (i % 2 ? `${v}\r\n` : `${v}: `)).join('')}\r\n`)
      far.write(head)
      near.pipe(far).pipe(near)
    })
    for (const [a, b] of [[near, far], [far, near]]) a.on('error', () => b.destroy()).on('close', () => b.destroy())
  })
  await new Promise((go) => server.listen(0, '127.0.0.1', go))
  return Object.assign(s, {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => (server.closeAllConnections(), server.close()),
  })
}

before(async () => {
  browser = await launch({ map: false })
  site = await deployments()
})
after(async () => {
  await browser?.close()
  site?.close()
})

async function inARoom(name, options) {
  site.old = true
  const p = await Person.at(browser, `${name} ${stamp}`, { ...phone, ...options })
  p.expected.push(/^404 \/assets\/.*old/, /Failed to fetch dynamically imported module/)
  await p.signIn('/', site.url)
  await p.button('New room').waitFor()
  const room = await (await p.rest()).opens({ name: 'For days' })
  await p.page.goto(`${site.url}/rooms/${room.id}`)
  await p.page.getByText('Nobody else is here yet').waitFor()
  await p.page.evaluate(() => (globalThis.before = true))
  return p
}
const reloaded = (p) => p.page.evaluate(() => !globalThis.before).catch(() => false) // it may be on its way
async function opensRoute(p) {
  await p.button('Room').click()
  await p.page.getByRole('menuitem', { name: 'Route' }).click()
}

test('the page takes its new build, but not before what was begun is done', async () => {
  const p = await inARoom('Ana', { serviceWorkers: 'block' })
  site.old = false
  await p.tab(/Chat/)
  await p.page.getByPlaceholder('Message').fill('Half a sen')
  await opensRoute(p)
  await p.page.getByText('There is a newer version of this page.').waitFor()
  assert.deepEqual(await p.page.locator('.toast.error').allTextContents(), []) // one thing is said, and not two
  await p.accessible('a newer version')
  await p.shot('newer-phone')
  await p.page.waitForTimeout(3000)
  assert.equal(await reloaded(p), false)
  assert.equal(await p.page.getByPlaceholder('Message').inputValue(), 'Half a sen')
  await p.say('Half a sentence, and the rest')
  await until('the page reloads itself', () => reloaded(p))
  await p.tab(/Chat/)
  await p.message('Half a sentence, and the rest').waitFor()
  await opensRoute(p)
  await p.page.getByRole('dialog').getByText('This room has no route.').waitFor()
  p.content()
  await p.context.close()
})

test('who has begun nothing has the new build at once', async () => {
  const p = await inARoom('Bob', { serviceWorkers: 'block' })
  site.old = false
  await opensRoute(p)
  await until('the page reloads itself', () => reloaded(p))
  await p.page.getByText('Nobody else is here yet').waitFor()
  p.content()
  await p.context.close()
})

test('with what the browser has kept an old tab goes on as it is', async () => {
  const p = await inARoom('Cem')
  await until('the shell is kept', async () => (await p.page.evaluate(() => navigator.serviceWorker.ready.then((r) => r.active.state))) === 'activated')
  site.old = false
  site.gone.clear()
  await p.page.evaluate(() => navigator.serviceWorker.ready.then((r) => r.update()))
  await until('the new one is kept beside it', () => p.page.evaluate(async () => (await caches.keys()).length === 2))
  await opensRoute(p)
  await p.page.getByRole('dialog').getByText('This room has no route.').waitFor()
  assert.equal(await reloaded(p), false)
  assert.deepEqual([...site.gone], [])
  p.content()
  await p.context.close()
})
