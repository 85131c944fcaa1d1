// The operator's page. It asks for a snapshot every second, and makes rates and
// quantiles of what has changed within the window.
const windowMs = 10_000
const kept = 120 // snapshots, for the small curves
const snapshots = []
let paused = false

const $ = (id) => document.getElementById(id)
const sum = (values) => Object.values(values ?? {}).reduce((a, b) => a + b, 0)
const series = (s, process, name) => s.processes[process]?.series?.[name]
const total = (s, process, name) => sum(series(s, process, name))
/** A counter that went down belongs to a process that has started again. */
const grown = (now, before) => (now >= before ? now - before : now)

/** The snapshot that the last one is compared with. */
function past(at = snapshots.length - 1) {
  let i = at
  while (i > 0 && snapshots[at].at - snapshots[i].at < windowMs) i--
  return snapshots[i]
}

function rateOf(now, before, value) {
  const seconds = (now.at - before.at) / 1000
  return seconds > 0 ? grown(value(now), value(before)) / seconds : 0
}

/** Of what a histogram has counted between two snapshots. */
function change(now, before, process, name) {
  const h = now.processes[process]?.histograms?.[name]
  if (!h) return null
  const old = before.processes[process]?.histograms?.[name]
  const restarted = !old || h.count < old.count
  const counts = h.counts.map((n, i) => n - (restarted ? 0 : (old.counts[i] ?? 0)))
  return { count: h.count - (restarted ? 0 : old.count), bounds: h.bounds, counts }
}

function quantile(h, q) {
  if (!h || h.count === 0) return null
  const rank = q * h.count
  const i = h.counts.findIndex((n) => n >= rank)
  if (i < 0) return { above: h.bounds.at(-1) }
  const low = i === 0 ? 0 : h.bounds[i - 1]
  const under = i === 0 ? 0 : h.counts[i - 1]
  return { value: low + ((h.bounds[i] - low) * (rank - under)) / Math.max(1, h.counts[i] - under) }
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const small = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const count = (v) => (v !== 0 && v < 10 ? small.format(v) : number.format(v))
const bytes = (v) => (v < 1e3 ? `${number.format(v)} B` : v < 1e6 ? `${small.format(v / 1e3)} kB` : v < 1e9 ? `${small.format(v / 1e6)} MB` : `${small.format(v / 1e9)} GB`)
const seconds = (v) => (v < 1 ? `${small.format(v * 1000)} ms` : `${small.format(v)} s`)
const time = (q) => (q === null ? '–' : 'above' in q ? `> ${seconds(q.above)}` : seconds(q.value))
const span = (s) => (s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`)

const edge = (name) => (s) => total(s, 'edge', name)
const gauge = (name) => ({ value: edge(name) })
const rate = (name) => ({ rate: edge(name) })
const tiles = [
  { name: 'sockets', ...gauge('wemaps_edge_sockets'), note: (s) => Object.entries(series(s, 'edge', 'wemaps_edge_sockets') ?? {}).map(([k, v]) => `${count(v)} ${k}`).join(' · ') },
  { name: 'rooms with sockets', ...gauge('wemaps_edge_rooms'), note: (s) => `${count(total(s, 'edge', 'wemaps_edge_seats'))} seats` },
  { name: 'events in per s', ...rate('wemaps_edge_frames_in_total') },
  { name: 'deliveries per s', ...rate('wemaps_edge_deliveries_total'), note: (s, b) => `${count(rateOf(s, b, edge('wemaps_edge_broadcasts_total')))} broadcasts per s` },
  { name: 'sent per s', ...rate('wemaps_edge_socket_bytes_total'), show: bytes, note: (s, b) => perWrite(s, b) },
  { name: 'HTTP requests per s', ...rate('wemaps_edge_http_request_duration_seconds_count'), note: (s, b) => `${count(rateOf(s, b, failures))} failures per s`, warn: (s, b) => rateOf(s, b, failures) > 0 },
  { name: 'slow sockets', ...gauge('wemaps_edge_slow_sockets'), warn: (s) => total(s, 'edge', 'wemaps_edge_slow_sockets') > 0, note: (s, b) => `${count(rateOf(s, b, edge('wemaps_edge_socket_stalls_total')))} stalls per s` },
  { name: 'turned away per s', ...rate('wemaps_edge_handshakes_shed_total'), warn: (s, b) => rateOf(s, b, edge('wemaps_edge_handshakes_shed_total')) > 0, note: (s) => `${number.format(total(s, 'edge', 'wemaps_edge_handshakes_shed_total'))} handshakes since start` },
]

function failures(s) {
  const all = Object.entries(series(s, 'edge', 'wemaps_edge_http_request_duration_seconds_count') ?? {})
  return sum(Object.fromEntries(all.filter(([status]) => status.startsWith('5'))))
}

function perWrite(s, b) {
  const writes = grown(total(s, 'edge', 'wemaps_edge_socket_writes_total'), total(b, 'edge', 'wemaps_edge_socket_writes_total'))
  const frames = grown(total(s, 'edge', 'wemaps_edge_socket_frames_total'), total(b, 'edge', 'wemaps_edge_socket_frames_total'))
  return writes > 0 ? `${small.format(frames / writes)} frames per write` : 'no writes'
}

const durations = [
  ['command into its stream', 'edge', 'wemaps_edge_append_duration_seconds'],
  ['publication to all sockets', 'edge', 'wemaps_edge_deliver_duration_seconds'],
  ['REST answer', 'edge', 'wemaps_edge_http_request_duration_seconds'],
  ['position from stream to room', 'location', 'wemaps_location_lag_seconds'],
  ['chat commit', 'chat', 'wemaps_chat_commit_duration_seconds'],
  ['password check', 'auth', 'wemaps_auth_password_duration_seconds'],
]
const caches = [
  ['rooms, in this edge', 'edge', 'wemaps_edge_cache_reads_total', 'hit'],
  ['chat history, in Redis', 'chat', 'wemaps_chat_history_pages_total', 'cache'],
]
const order = ['edge', 'auth', 'room', 'location', 'chat']

// ---- drawing: nodes are made once and their text is set, so that a reader's place on the page stays

/** The child of parent with this key, made by make when it is not there. */
function child(parent, key, make) {
  for (const c of parent.children) if (c.dataset.key === key) return c
  const made = make()
  made.dataset.key = key
  parent.append(made)
  return made
}

function element(name, className = '') {
  const e = document.createElement(name)
  if (className) e.className = className
  return e
}

function text(node, value) {
  if (node.textContent !== value) node.textContent = value
}

/** Rows of [key, cells…]; a cell is a text, or [text, class]. */
function rows(body, wanted) {
  const keys = new Set(wanted.map(([key]) => key))
  for (const r of [...body.children]) if (!keys.has(r.dataset.key)) r.remove()
  for (const [key, ...cells] of wanted) {
    const row = child(body, key, () => {
      const tr = element('tr')
      const th = element('th')
      th.scope = 'row'
      th.textContent = key
      tr.append(th, ...cells.map(() => element('td', 'n')))
      return tr
    })
    cells.forEach((cell, i) => {
      const [value, tone] = Array.isArray(cell) ? cell : [cell, '']
      text(row.children[i + 1], value)
      row.children[i + 1].className = `n ${tone}`
    })
  }
}

function curve(tile) {
  const values = snapshots.map((s, i) => (tile.rate ? rateOf(s, past(i), tile.rate) : tile.value(s)))
  const top = Math.max(...values, 1e-9)
  return values.map((v, i) => `${i === 0 ? 'M' : 'L'}${(((kept - values.length + i) / (kept - 1)) * 100).toFixed(2)} ${(31 - (v / top) * 29).toFixed(2)}`).join('')
}

function drawTiles(now, before) {
  for (const tile of tiles) {
    const box = child($('tiles'), tile.name, () => {
      const made = element('div', 'tile')
      made.append(element('span'), element('b'), element('small'))
      made.firstChild.textContent = tile.name
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
      svg.setAttribute('viewBox', '0 0 100 32')
      svg.setAttribute('preserveAspectRatio', 'none')
      svg.setAttribute('aria-hidden', 'true')
      svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'))
      made.append(svg)
      return made
    })
    const value = tile.rate ? rateOf(now, before, tile.rate) : tile.value(now)
    text(box.children[1], (tile.show ?? count)(value))
    text(box.children[2], tile.note?.(now, before) ?? '')
    box.classList.toggle('warn', tile.warn?.(now, before) ?? false)
    box.querySelector('path').setAttribute('d', curve(tile))
  }
}

function drawReadiness(now) {
  for (const name of order) {
    const p = now.processes[name]
    if (!p) continue
    const item = child($('ready'), name, () => element('li'))
    const why = Object.entries(p.failing ?? {}).map(([k, v]) => `${k}: ${v}`).join('; ')
    text(item, p.state === 'OK' ? `${name} ready` : p.state === 'UNREACHABLE' ? `${name} does not answer` : `${name} not ready${why ? ` (${why})` : ''}`)
    item.className = p.state === 'OK' ? '' : p.state === 'UNREACHABLE' ? 'bad' : 'warn'
  }
}

function drawTables(now, before) {
  rows($('late'), durations.map(([what, process, name]) => {
    const h = change(now, before, process, name)
    const s = (now.at - before.at) / 1000
    return [what, h && s > 0 ? count(h.count / s) : '–', time(quantile(h, 0.5)), time(quantile(h, 0.99))]
  }))
  rows($('streams'), order.flatMap((p) => Object.entries(series(now, p, `wemaps_${p}_stream_entries`) ?? {})
    .sort(([a], [b]) => a.startsWith('dead:') - b.startsWith('dead:') || a.localeCompare(b))
    .map(([stream, n]) => [stream, [number.format(n), n === 0 ? '' : stream.startsWith('dead:') ? 'bad' : n > 1000 ? 'warn' : '']])))
  const why = [['handshake', 'wemaps_edge_handshakes_shed_total'], ['event', 'wemaps_edge_refused_total']]
  const refused = why.flatMap(([what, name]) => Object.entries(series(now, 'edge', name) ?? {}).map(([reason, n]) => [
    `${what}: ${reason}`, count(rateOf(now, before, (s) => series(s, 'edge', name)?.[reason] ?? 0)), number.format(n)]))
  rows($('refused'), refused.length > 0 ? refused : [['nobody yet', '0', '0']])
  rows($('hits'), caches.map(([what, process, name, hit]) => {
    const reads = grown(total(now, process, name), total(before, process, name))
    const hits = grown(series(now, process, name)?.[hit] ?? 0, series(before, process, name)?.[hit] ?? 0)
    return [what, count(rateOf(now, before, (s) => total(s, process, name))), reads > 0 ? `${small.format((100 * hits) / reads)} %` : '–']
  }))
  rows($('processes'), order.filter((p) => now.processes[p]?.series).map((p) => {
    const started = total(now, p, 'process_start_time_seconds')
    return [p, `${number.format(100 * rateOf(now, before, (s) => total(s, p, 'process_cpu_seconds_total')))} %`, bytes(total(now, p, 'process_resident_memory_bytes')),
      [number.format(total(now, p, 'go_goroutines')), 'optional'], started ? span(now.at / 1000 - started) : '–']
  }))
}

function draw() {
  const now = snapshots.at(-1)
  const before = past()
  text($('edge'), now.edge)
  drawReadiness(now)
  drawTiles(now, before)
  drawTables(now, before)
}

function say(message, bad = false) {
  text($('state'), message)
  $('state').classList.toggle('bad', bad)
}

async function look() {
  const response = await fetch('/snapshot.json', { signal: AbortSignal.timeout(4000) })
  if (!response.ok) throw new Error(`status ${response.status}`)
  const s = await response.json()
  if (snapshots.at(-1)?.at === s.at) return
  snapshots.push(s)
  if (snapshots.length > kept) snapshots.shift()
  draw()
  say('Live, every second')
}

async function loop() {
  for (;;) {
    if (!paused && !document.hidden) {
      try {
        await look()
      } catch {
        const last = snapshots.at(-1)
        say(last ? `No answer since ${new Date(last.at).toLocaleTimeString()}: the figures below are old` : 'The edge does not answer', true)
      }
    }
    await new Promise((done) => setTimeout(done, 1000))
  }
}

$('pause').addEventListener('click', () => {
  paused = !paused
  $('pause').setAttribute('aria-pressed', String(paused))
  text($('pause'), paused ? 'Go on' : 'Pause')
  if (paused) say('Paused')
})
loop()
