import { computed, effect, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals'
import { WeMapsError, type Geofence, type LiveRoom, type MeetingPoint, type Route, type SOS } from '@wemaps/sdk'

import { areaOf, lineOf } from '../map/shared'
import type { Overlays } from '../map/types'
import { wm } from '../sdk'
import { connection } from './session'

/** What a room shares on the map besides its members. It is read when the room is entered, after each change, and after each reconnect. */
export class Places {
  private readonly route: Shared<Route | null>
  private readonly geofences: Shared<readonly Geofence[]>
  private readonly meetingPoints: Shared<readonly MeetingPoint[]>
  readonly overlays: ReadonlySignal<Overlays>
  private readonly offs: (() => void)[]

  constructor(live: LiveRoom, sos: ReadonlySignal<readonly SOS[]>) {
    this.route = new Shared(() => wm.api.routeIfAny(live.id), null)
    this.geofences = new Shared(() => wm.api.geofences(live.id), [])
    this.meetingPoints = new Shared(() => wm.api.meetingPoints(live.id), [])
    const all = [this.route, this.geofences, this.meetingPoints]
    this.overlays = computed(() => ({
      route: this.route.value && lineOf(this.route.value),
      geofences: this.geofences.value.map(areaOf),
      meetingPoints: this.meetingPoints.value,
      sos: sos.value.map((c) => c.userId),
      calls: sos.value.flatMap((c) => (c.position ? [{ userId: c.userId, userName: c.userName, latitude: c.position.latitude, longitude: c.position.longitude }] : [])),
    }))
    this.offs = [
      live.on('route', () => void this.route.read()),
      live.on('geofences', () => void this.geofences.read()),
      live.on('meeting-points', () => void this.meetingPoints.read()),
      effect(() => {
        if (connection.value === 'online') untracked(() => all.forEach((x) => void x.read()))
      }),
    ]
  }

  close(): void {
    for (const off of this.offs) off()
  }
}

/** One of them. Changes that follow each other are read at the same time: the answer to the last reading counts. */
class Shared<T> {
  private readonly known: Signal<T>
  private readings = 0

  constructor(private readonly ask: () => Promise<T>, private readonly none: T) {
    this.known = signal(none)
  }

  get value(): T {
    return this.known.value
  }

  /** What cannot be read stays as it was, unless the server says that it is not there: the map goes on without. */
  async read(): Promise<void> {
    const reading = ++this.readings
    const answer = await this.ask().catch((error: unknown) => (error instanceof WeMapsError && error.status === 404 ? this.none : this.known.peek()))
    if (reading === this.readings) this.known.value = answer
  }
}
