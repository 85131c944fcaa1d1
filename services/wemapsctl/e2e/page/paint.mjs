// When somebody sees something: first and largest contentful paint, with nothing in any cache and as who comes again.
// By hand: WEMAPS_URL=… WEMAPS_CHROMIUM=… node paint.mjs
import { fileURLToPath } from 'node:url'
import { launch, phone, url } from './kit.mjs'

const middle = (all) => [...all].sort((a, b) => a - b)[all.length >> 1]

async function paints(page) {
  await page.goto(url)
  await page.getByLabel('Your name').waitFor()
  return page.evaluate(async () => {
    const largest = new Promise((go) => new PerformanceObserver((l) => go(l.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true }))
    const first = new Promise((go) => new PerformanceObserver((l) => l.getEntriesByName('first-contentful-paint').forEach((e) => go(e.startTime))).observe({ type: 'paint', buffered: true }))
    const [nav] = performance.getEntriesByType('navigation')
    const scripts = performance.getEntriesByType('resource').filter((e) => /\.(js|css)$/.test(e.name))
    return { first: await first, largest: await largest, document: nav.responseEnd, loaded: Math.max(...scripts.map((e) => e.responseEnd)) }
  })
}

/** Measures, and hands each line of the report to say. */
export async function paint(browser, say, rounds = 5) {
  const cold = []
  const warm = []
  for (let i = 0; i < rounds; i++) {
    const context = await browser.newContext(phone)
    const page = await context.newPage()
    cold.push(await paints(page))
    await page.evaluate(() => navigator.serviceWorker.ready.then((r) => r.active.state)) // who comes again has the page's own cache
    warm.push(await paints(page))
    await context.close()
  }
  for (const [what, all] of [['nothing cached', cold], ['again', warm]]) {
    const of = (k) => `${Math.round(middle(all.map((p) => p[k])))} ms`
    say(`paint, ${what}: first ${of('first')} (worst ${Math.round(Math.max(...all.map((p) => p.first)))} ms), largest ${of('largest')}; document after ${of('document')}, scripts and styles after ${of('loaded')}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const browser = await launch()
  await paint(browser, console.log, 7)
  await browser.close()
}
