// What the main thread of a page did, by the browser's own trace: milliseconds of CPU, and for what. Time by the wall says
// little where there is no graphics card: there the processors draw, too, and frames are as seldom as they are slow to draw.
// Hence what a frame itself costs (callbacks, style, layout, paint) is told apart from what happens between frames (messages,
// timers), which a screen of 60 Hz would see spread over 60 frames a second.

/** Traces a page for some seconds. */
export async function trace(page, seconds) {
  const cdp = await page.context().newCDPSession(page)
  const events = []
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { recordMode: 'recordUntilFull', traceBufferSizeInKb: 400_000,
    includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.frame', 'devtools.timeline.frame', 'toplevel', 'v8', '__metadata'] } })
  await page.evaluate(() => performance.mark('wemaps-trace'))
  await page.waitForTimeout(seconds * 1000)
  const done = new Promise((go) => cdp.once('Tracing.tracingComplete', go))
  await cdp.send('Tracing.end')
  await done
  await cdp.detach()
  return read(events)
}

const kinds = {
  script: /^(FunctionCall|EvaluateScript|FireAnimationFrame|TimerFire|EventDispatch|RunMicrotasks|v8\.|V8\.|XHRReadyStateChange|FireIdleCallback|HandlePostMessage)/,
  style: /^(UpdateLayoutTree|RecalculateStyles|ScheduleStyleRecalculation)/,
  layout: /^(Layout|IntersectionObserverController|HitTest)/,
  paint: /^(PrePaint|Paint|Layerize|UpdateLayer|UpdateLayerTree|Commit|CompositeLayers|Rasterize)/,
  gc: /^(MinorGC|MajorGC|V8\.GC|BlinkGC)/,
}
const kindOf = (name) => (kinds.gc.test(name) ? 'gc' : Object.keys(kinds).find((k) => kinds[k].test(name)))

/** Sums up what a trace says of the renderer's main thread. */
export function read(events) {
  const mains = events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain')
  // Of several pages the traced one is that which worked the most.
  const busy = (m) => events.reduce((n, e) => n + (e.pid === m.pid && e.tid === m.tid ? (e.tdur ?? 0) : 0), 0)
  const main = mains.map((m) => ({ m, n: busy(m) })).sort((a, b) => b.n - a.n)[0].m
  const ours = events.filter((e) => e.ph === 'X' && e.pid === main.pid && e.tid === main.tid).sort((a, b) => a.ts - b.ts || b.dur - a.dur)
  const tasks = [] // what the thread did without a break
  const stack = []
  const pop = (until) => {
    while (stack.length > 0 && stack.at(-1).end <= until) {
      const s = stack.pop()
      s.task[s.kind] = (s.task[s.kind] ?? 0) + Math.max(0, s.self) / 1000
    }
  }
  for (const e of ours) {
    pop(e.ts)
    const up = stack.at(-1)
    const cpu = e.tdur ?? 0
    if (up) up.self -= cpu
    else tasks.push({ cpu: cpu / 1000, frame: false })
    const task = tasks.at(-1)
    if (isFrame.test(e.name)) task.frame = true
    stack.push({ end: e.ts + e.dur, self: cpu, task, kind: kindOf(e.name) ?? up?.kind ?? 'other' })
  }
  pop(Infinity)
  return { tasks, seconds: (ours.at(-1).ts - ours[0].ts) / 1e6 }
}

const isFrame = /^(FireAnimationFrame|UpdateLayoutTree|PrePaint|Paint|Commit)$/
const at = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0
const sum = (all, of) => all.reduce((n, x) => n + (of(x) ?? 0), 0)

/** One line for a reader. */
export function line({ tasks, seconds }) {
  const frames = tasks.filter((x) => x.frame)
  const between = tasks.filter((x) => !x.frame)
  const sorted = frames.map((x) => x.cpu).sort((a, b) => a - b)
  const worst = Math.max(0, ...between.map((x) => x.cpu))
  const beside = sum(between, (x) => x.cpu) / seconds
  const ms = (n) => n.toFixed(1)
  return `${(frames.length / seconds).toFixed(0)} frames/s, each p50 ${ms(at(sorted, 0.5))}, p95 ${ms(at(sorted, 0.95))}, p99 ${ms(at(sorted, 0.99))}, worst ${ms(at(sorted, 1))} ms of the main thread`
    + ` (mean: ${Object.keys(kinds).concat('other').map((k) => `${k} ${(sum(frames, (x) => x[k]) / Math.max(1, frames.length)).toFixed(2)}`).join(', ')});`
    + ` between them ${ms(beside)} ms a second, the longest task ${ms(worst)} ms; tasks over 50 ms: ${tasks.filter((x) => x.cpu > 50).length};`
    + ` at 60 Hz that is ${ms(sum(frames, (x) => x.cpu) / Math.max(1, frames.length) + beside / 60)} of 16.7 ms`
}
