/** What the operator has set for the map. */
export interface MapConfig {
  /** A MapLibre style; without one the outline of the world is shown. */
  styleUrl?: string
  /** The same for dark pages. */
  darkStyleUrl?: string
  /** Who is to be named, besides those whom the style names. */
  attribution?: string
}

let asked: Promise<MapConfig> | null = null

/** Asks the server once. A page without an answer has the outline. */
export function mapConfig(): Promise<MapConfig> {
  asked ??= fetch('/config.json', { signal: AbortSignal.timeout(5000) })
    .then((r) => (r.ok && (r.headers.get('content-type') ?? '').includes('json') ? (r.json() as Promise<unknown>) : {}))
    .then(read)
    .catch(() => {
      asked = null // the next map asks again
      return {}
    })
  return asked
}

/** Takes what is usable of an answer. */
export function read(answer: unknown): MapConfig {
  const o = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>
  const styleUrl = url(o.styleUrl)
  const darkStyleUrl = url(o.darkStyleUrl)
  const attribution = typeof o.attribution === 'string' && o.attribution.length <= 500 ? o.attribution : ''
  return { ...(styleUrl && { styleUrl }), ...(darkStyleUrl && { darkStyleUrl }), ...(attribution && { attribution }) }
}

function url(v: unknown): string {
  if (typeof v !== 'string' || v.length > 2048) return ''
  return /^https?:\/\/[^\s]+$/i.test(v) || /^\/[^/\s][^\s]*$/.test(v) ? v : ''
}

/** Text as HTML, which is what the attribution control takes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}
