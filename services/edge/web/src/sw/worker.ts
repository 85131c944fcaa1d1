// Keeps the shell of the page, so that it opens at once and without a network. What comes from the API is never kept.
declare const self: ServiceWorkerGlobalScope
/** Filled in by the build. */
declare const __SHELL__: { version: string; files: string[] }

const { version, files } = __SHELL__
const prefix = 'wemaps-shell-'
const name = prefix + version
const patience = 2500 // ms that a new page may take before the kept one is shown

/** Paths of the page; all others, such as /api/docs, are none of ours. */
const pages = /^\/(?:$|r\/|rooms\/|view$)/

self.addEventListener('install', (e) => {
  e.waitUntil(caches.open(name).then((c) => c.addAll(files.map((f) => new Request(f, { cache: 'reload' })))))
})

self.addEventListener('activate', (e) => {
  e.waitUntil(
    caches
      .keys()
      .then((all) => Promise.all(all.filter((k) => k.startsWith(prefix) && k !== name).map((k) => caches.delete(k))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url)
  if (e.request.method !== 'GET' || url.origin !== self.location.origin) return
  if (e.request.mode === 'navigate') {
    if (pages.test(url.pathname)) e.respondWith(page(e.request))
  } else if (url.pathname.startsWith('/assets/') || url.pathname.startsWith('/icons/')) {
    e.respondWith(asset(e.request))
  }
})

/** The newest page if it comes in time, else the kept one: every path of the page is the same document. */
async function page(request: Request): Promise<Response> {
  const cache = await caches.open(name)
  const fresh = fetch(request)
    .then((r) => {
      if (r.ok && !r.redirected) void cache.put('/', r.clone())
      return r
    })
    .catch(() => undefined)
  const late = new Promise<undefined>((go) => setTimeout(go, patience))
  return (await Promise.race([fresh, late])) ?? (await cache.match('/')) ?? (await fresh) ?? Response.error()
}

/** Assets have a hash in their names: what is kept is right for ever. */
async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(name)
  const kept = await cache.match(request)
  if (kept) return kept
  const r = await fetch(request)
  if (r.ok) void cache.put(request, r.clone())
  return r
}

export {}
