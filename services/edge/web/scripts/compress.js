// Puts a .br and a .gz beside each file of dist/ that becomes smaller by it, so that the edge never compresses.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = new URL(`../${process.env.WEMAPS_PAGE_OUT ?? 'embed/dist'}/`, import.meta.url).pathname
/** Whoever waits for the page on their own machine would wait longer for the last tenth of its large files than these take to come. */
const quick = process.env.WEMAPS_PAGE_QUICK === '1'
const large = 300_000 // bytes
const worth = /\.(html|js|mjs|css|svg|json|webmanifest|txt|geojson|map)$/
let page = 0
let map = 0
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name)
  if (!worth.test(name) || !statSync(path).isFile()) continue
  const raw = readFileSync(path)
  const br = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: quick && raw.length > large ? 5 : 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } })
  const gz = gzipSync(raw, { level: quick && raw.length > large ? 5 : 9 })
  if (br.length < raw.length * 0.9) writeFileSync(path + '.br', br)
  if (gz.length < raw.length * 0.9) writeFileSync(path + '.gz', gz)
  if (/\.(js|mjs|css|html)$/.test(name)) {
    if (/maplibre/.test(name)) map += Math.min(br.length, raw.length)
    else page += Math.min(br.length, raw.length)
  }
}
console.log(`compressed: page ${(page / 1024).toFixed(1)} KiB, map library ${(map / 1024).toFixed(1)} KiB`)
