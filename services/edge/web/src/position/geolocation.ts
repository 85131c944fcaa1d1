import type { Problem, Reading } from './reading'

const often = 20_000 // ms: up to this interval the browser watches; beyond it is asked now and then, and the receiver rests
const patience = 30_000 // ms
const silence = 20_000 // ms: some browsers tell nothing of who stands still, who would soon look lost to others

export type Geo = Pick<Geolocation, 'watchPosition' | 'clearWatch' | 'getCurrentPosition'>

/** The browser's own position, asked for as often as is of use. */
export class GeolocationSource {
  private watch: number | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private interval = 1000
  private running = false

  constructor(
    private readonly tell: (r: Reading) => void,
    private readonly failed: (p: Problem) => void,
    private readonly geo: Geo | undefined = globalThis.navigator?.geolocation,
    private readonly secure: boolean = globalThis.isSecureContext,
  ) {}

  /** To be called for a click: browsers ask their users then. */
  start(): void {
    if (!this.geo) return this.failed(this.secure ? 'unsupported' : 'insecure')
    this.running = true
    this.ask()
  }

  stop(): void {
    this.running = false
    this.rest()
  }

  /** How often the server wants to hear. */
  every(ms: number): void {
    const other = this.interval > often !== ms > often
    this.interval = ms
    if (!this.running || !other) return
    this.rest()
    this.ask()
  }

  private rest(): void {
    if (this.watch !== null) this.geo?.clearWatch(this.watch)
    this.watch = null
    clearTimeout(this.timer)
  }

  private ask(): void {
    if (this.interval <= often) {
      this.watch = this.geo!.watchPosition(this.got, this.refused, { enableHighAccuracy: true, maximumAge: 0, timeout: patience })
      return this.attend()
    }
    const again = () => {
      clearTimeout(this.timer)
      if (this.running && this.watch === null) this.timer = setTimeout(() => this.ask(), this.interval)
    }
    const options = { enableHighAccuracy: true, maximumAge: 0, timeout: patience }
    this.geo!.getCurrentPosition((p) => (this.got(p), again()), (e) => (this.refused(e), again()), options)
  }

  /** While it watches, the browser is asked as well whenever it has said nothing for a while. */
  private attend(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.geo!.getCurrentPosition(this.got, () => undefined, { enableHighAccuracy: true, maximumAge: 0, timeout: patience }) // the watch tells why not
      this.attend()
    }, silence)
  }

  private readonly got = (p: GeolocationPosition) => {
    if (!this.running) return
    if (this.watch !== null) this.attend()
    const { latitude, longitude, accuracy, speed, heading, altitude } = p.coords
    const known = (n: number | null): n is number => n !== null && Number.isFinite(n)
    this.tell({
      latitude,
      longitude,
      at: Math.min(Date.now(), p.timestamp), // the clocks of some receivers run ahead
      ...(known(accuracy) && { accuracy }),
      ...(known(speed) && speed >= 0 && { speed }),
      ...(known(heading) && { heading }),
      ...(known(altitude) && { altitude }),
    })
  }

  private readonly refused = (e: GeolocationPositionError) => {
    if (!this.running) return
    if (e.code === 1) {
      this.stop()
      return this.failed(this.secure ? 'denied' : 'insecure')
    }
    this.failed(e.code === 3 ? 'timeout' : 'unavailable') // and it goes on trying
  }
}

/** Whether the user has decided already; prompt where browsers do not tell. */
export async function watchPermission(changed: (state: PermissionState) => void): Promise<void> {
  try {
    const status = await navigator.permissions.query({ name: 'geolocation' })
    changed(status.state)
    status.onchange = () => changed(status.state)
  } catch {
    changed('prompt')
  }
}
