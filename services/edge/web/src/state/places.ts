import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals'
import { WeMapsError, type Geofence, type LiveRoom, type MeetingPoint, type Route, type SOS } from '@wemaps/sdk'

import { areaOf, lineOf } from '../map/shared'
import type { Overlays } from '../map/types'
import { wm } from '../sdk'
import { connection } from './session'

/** What a room shares on the map besides its members. It is read when the room is entered, after each change, and after each reconnect. */
export class Places {
  private readonly route = signal<Route | null>(null)
  private readonly geofences = signal<readonly Geofence[]>([])
  private readonly meetingPoints = signal<readonly MeetingPoint[]>([])
  readonly overlays: ReadonlySignal<Overlays>
  private readonly offs: (() => void)[]

  constructor(private readonly live: LiveRoom, sos: ReadonlySignal<readonly SOS[]>) {
    this.overlays = computed(() => ({
      route: this.route.value && lineOf(this.route.value),
      geofences: this.geofences.value.map(areaOf),
      meetingPoints: this.meetingPoints.value,
      sos: sos.value.map((c) => c.userId),
      calls: sos.value.flatMap((c) => (c.position ? [{ userId: c.userId, userName: c.userName, latitude: c.position.latitude, longitude: c.position.longitude }] : [])),
    }))
    this.offs = [
      live.on('route', () => void this.readRoute()),
      live.on('geofences', () => void this.readGeofences()),
      live.on('meeting-points', () => void this.readMeetingPoints()),
      effect(() => {
        if (connection.value === 'online') untracked(() => void this.readAll())
      }),
    ]
  }

  close(): void {
    for (const off of this.offs) off()
  }

  private readAll = () => Promise.all([this.readRoute(), this.readGeofences(), this.readMeetingPoints()])

  private readRoute = () => keep(this.route, wm.api.routeIfAny(this.live.id), null)
  private readGeofences = () => keep(this.geofences, wm.api.geofences(this.live.id), [])
  private readMeetingPoints = () => keep(this.meetingPoints, wm.api.meetingPoints(this.live.id), [])
}

/** What cannot be read stays as it was, unless the server says that it is not there: the map goes on without. */
async function keep<T>(into: { value: T }, reading: Promise<T>, none: T): Promise<void> {
  try {
    into.value = await reading
  } catch (error) {
    if (error instanceof WeMapsError && error.status === 404) into.value = none
  }
}
