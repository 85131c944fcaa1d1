// A map of the operator's choice: its style, its tiles, who is to be named, and what is there when it does not come.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { Person, desk, launch, until, url } from './kit.mjs'

const at = new URL(process.env.WEMAPS_MAP) // where the edge was told that the style is
const stamp = Date.now().toString(36).slice(-5)
const asked = new Set()
const hung = new Set() // requests that nobody answers
let browser, server
let answers = 'all' // what the server of the map answers: all, only the style, nothing (it accepts, and hangs), or that it is broken

/** The checksum of PNG (ISO 3309); zlib's is not in every Node. */
function crc(bytes) {
  let c = ~0
  for (const b of bytes) {
    c ^= b
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
  }
  return ~c >>> 0
}

/** A tile of one colour. */
function tile(red, green, blue) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const out = Buffer.alloc(body.length + 8)
    out.writeUInt32BE(data.length)
    body.copy(out, 4)
    out.writeUInt32BE(crc(body), body.length + 4)
    return out
  }
  const size = 256
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  head.set([8, 2], 8)
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(size * 3, Buffer.from([red, green, blue]))])
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(Array(size).fill(line)))), chunk('IEND', Buffer.alloc(0))])
}

before(async () => {
  const png = tile(200, 120, 40)
  server = createServer((req, res) => {
    asked.add(req.url)
    res.setHeader('access-control-allow-origin', '*')
    if (answers === 'nothing' || (answers === 'style' && req.url.startsWith('/tiles/'))) return hung.add(res)
    if (answers === 'broken') return res.writeHead(500).end('broken')
    if (req.url === at.pathname) {
      res.setHeader('content-type', 'application/json')
      const tiles = [`${at.origin}/tiles/{z}/{x}/{y}.png`]
      return res.end(JSON.stringify({ version: 8, sources: { base: { type: 'raster', tiles, tileSize: 256, attribution: 'Tiles by the test' } }, layers: [{ id: 'base', type: 'raster', source: 'base' }] }))
    }
    if (!req.url.startsWith('/tiles/')) return res.writeHead(404).end()
    res.setHeader('content-type', 'image/png')
    res.end(png)
  })
  await new Promise((go) => server.listen(Number(at.port), at.hostname, go))
  browser = await launch()
})
after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

/** The colour in the middle of the map, as it is drawn. */
async function colourOf(p) {
  const shot = await p.page.locator('.wm-map canvas').screenshot()
  return p.page.evaluate(async (data) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(image.width, image.height)
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    return [...context.getImageData(image.width * 0.3, image.height * 0.3, 1, 1).data].slice(0, 3)
  }, shot.toString('base64'))
}
const near = (a, b) => a.every((v, i) => Math.abs(v - b[i]) < 6)
const land = [244, 246, 241] // of the outline; what lies beneath a map that is not drawn is blue

async function inARoom(name) {
  const p = await Person.at(browser, `${name} ${stamp}`, { ...desk, viewport: { width: 900, height: 600 } })
  await p.signIn()
  await p.button('New room').waitFor()
  const room = await (await p.rest()).opens({ name: 'Map of another' })
  await p.page.goto(`${url}/rooms/${room.id}`)
  return p
}

test("the operator's style is drawn, its makers are named", async () => {
  const p = await inARoom('Ana')
  await p.page.getByText('Tiles by the test').waitFor({ state: 'attached' })
  await p.page.getByText('Maps <by> a test & more').waitFor({ state: 'attached' }) // as it was configured, and no HTML
  await until('the tiles are on the screen', async () => near(await colourOf(p), [200, 120, 40]))
  assert.equal(await p.page.getByText('Natural Earth').count(), 0)
  assert.ok([...asked].some((u) => u.startsWith('/tiles/')))
  await p.page.getByText('Car park by the lake').last().waitFor() // what the room draws is above it
  await p.accessible('on a map of another')
  await p.shot('style-desk')
  p.content() // nor does the security policy complain
  await p.context.close()
})

test('without it there is the outline of the world', async () => {
  answers = 'broken'
  const p = await inARoom('Bob')
  p.expected.push(/^500 /)
  await p.page.getByText('Natural Earth').waitFor({ state: 'attached' })
  await until('the outline is on the screen', async () => near(await colourOf(p), land))
  await p.shot('style-broken-desk')
  p.content()
  await p.context.close()
})

for (const [what, seconds] of [['nothing', 4], ['style', 15]]) {
  test(`a server that hangs, and answers ${what === 'nothing' ? 'nothing' : 'for its style alone'}, leaves the outline of the world`, async () => {
    answers = what
    hung.clear()
    const p = await inARoom(`Cem ${what}`)
    await p.page.locator('.wm-pin.goal').waitFor({ state: 'attached' })
    await until('the outline is on the screen', async () => (await p.page.getByText('Natural Earth').count()) > 0 && near(await colourOf(p), land), seconds)
    await until('the server has been asked', () => hung.size > 0, 5)
    await p.page.waitForTimeout(8000) // nor is it blank when the page's patience is over
    await until('it stays there', async () => (await p.page.getByText('Natural Earth').count()) > 0 && near(await colourOf(p), land), 5)
    await p.accessible('a map that does not come')
    await p.shot(`style-hangs-${what}-desk`)
    p.content()
    await p.context.close()
  })
}
