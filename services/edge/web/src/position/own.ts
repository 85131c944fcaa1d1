import { signal } from '@preact/signals'
import { WeMapsError, type Confirmed, type LiveRoom } from '@wemaps/sdk'

import { Drive, type Progress } from './drive'
import { GeolocationSource, watchPermission } from './geolocation'
import { metres, mostBytes, readTrack, type Track, TrackError } from './gpx'
import type { Problem, Reading } from './reading'

const atFirst = 1000 // ms between reports, until the server says better
const moved = 50 // metres, after which a report is due however rarely they are wanted

const stored = 'wemaps.device'
let device = ''

/** Tells this browser from the user's other devices: one of them leads, or a dot would jump between all. */
function thisDevice(): string {
  device ||= localStorage.getItem(stored) ?? ''
  if (!device) localStorage.setItem(stored, (device = `browser-${Math.random().toString(36).slice(2, 8)}`))
  return device
}

/** What a room is to the sender of positions. */
export type Target = Pick<LiveRoom, 'id' | 'sendPosition'> & Partial<Pick<LiveRoom, 'members' | 'isMe'>>

interface Sending {
  room: Target
  interval: number // ms, as the server wants it
  last: Reading | null // what it has
  lastSent: number
  unwatched: boolean // the interval is so because nobody looks
}

const somebodyIsThere = (room: Target): boolean => [...(room.members?.values() ?? [])].some((m) => m.online && !room.isMe?.(m.userId))

/**
 * Where this device is, and telling it to the rooms that are open. One source at a time: the browser's position, or a track that is
 * driven along.
 */
export class OwnPosition {
  /** The newest reading; null while nothing is shared. */
  readonly reading = signal<Reading | null>(null)
  readonly source = signal<'geolocation' | 'drive' | null>(null)
  /** Why there is no position, or that a file is no track. */
  readonly problem = signal<Problem | TrackError['code'] | null>(null)
  readonly permission = signal<PermissionState | 'unknown'>('unknown')
  readonly drive = signal<(Progress & { name: string; length: number }) | null>(null)
  /** What became of the last report. */
  readonly verdict = signal<Confirmed['verdict'] | null>(null)
  /** Why the server did not take the last report. */
  readonly refused = signal<WeMapsError | null>(null)
  /** ms between reports, as the server wants it now. */
  readonly interval = signal(atFirst)
  /** Whether the screen stays on. */
  readonly awake = signal(false)

  private readonly rooms = new Map<string, Sending>()
  private readonly geolocation: GeolocationSource
  private driving: Drive | null = null
  private lock: { release(): Promise<void> } | null = null

  constructor(geolocation?: GeolocationSource) {
    this.geolocation = geolocation ?? new GeolocationSource((r) => this.take(r), (p) => this.fail(p))
  }

  /** Tells a room from now on where this device is; returns how to end that. */
  attach(room: Target): () => void {
    const sending: Sending = { room, interval: atFirst, last: null, lastSent: 0, unwatched: false }
    this.rooms.set(room.id, sending)
    const now = this.reading.peek()
    if (now && this.source.peek()) this.send(sending, now, true)
    return () => {
      if (this.rooms.get(room.id) === sending) this.rooms.delete(room.id)
    }
  }

  /** Begins to share the browser's position. To be called for a click: browsers ask their users then. */
  share(): void {
    this.stop()
    this.problem.value = null
    this.source.value = 'geolocation'
    this.geolocation.start()
    void watchPermission((state) => (this.permission.value = state))
  }

  /** Begins to drive along a GPX file. A file that is no track is a problem, and changes nothing else. */
  async driveFile(file: Blob): Promise<boolean> {
    try {
      if (file.size > mostBytes) throw new TrackError('too-big')
      this.driveTrack(readTrack(await file.text()))
      return true
    } catch (error) {
      this.problem.value = error instanceof TrackError ? error.code : 'not-gpx'
      return false
    }
  }

  /** Begins to drive along a track. */
  driveTrack(track: Track): void {
    this.stop()
    this.problem.value = null
    this.source.value = 'drive'
    this.driving = new Drive(track, (r) => this.take(r), (p) => (this.drive.value = { ...p, name: track.name, length: track.length }))
    this.driving.play()
  }

  play = () => this.driving?.play()
  pauseDrive = () => this.driving?.pause()
  seek = (ms: number) => this.driving?.seek(ms)
  setSpeed = (times: number) => this.driving?.setSpeed(times)

  /** Ends sharing. The position that the rooms have grows old there. */
  stop(): void {
    this.geolocation.stop()
    this.driving?.stop()
    this.driving = null
    this.drive.value = null
    this.source.value = null
    this.reading.value = null
    this.refused.value = null
    this.verdict.value = null
    void this.keepAwake(false)
  }

  /** Keeps the screen on: pages whose screen is off hear nothing of their position. */
  async keepAwake(yes: boolean): Promise<void> {
    const lock = this.lock
    this.lock = null
    await lock?.release().catch(() => undefined)
    this.awake.value = false
    if (!yes || !('wakeLock' in navigator)) return
    try {
      const got = await navigator.wakeLock.request('screen')
      this.lock = got
      this.awake.value = true
      got.addEventListener('release', () => this.lock === got && (this.awake.value = false))
    } catch {
      // a low battery, or the page is not seen: then the screen goes off
    }
  }

  private fail(problem: Problem): void {
    this.problem.value = problem
    if (problem === 'denied' || problem === 'unsupported' || problem === 'insecure') this.source.value = null
  }

  private take(r: Reading): void {
    this.problem.value = null
    this.reading.value = r
    for (const s of this.rooms.values()) this.send(s, r, false)
  }

  /** Reports as often as the room wants it, and sooner after a leap. */
  private send(s: Sending, r: Reading, first: boolean): void {
    const now = Date.now()
    const leap = s.last && metres(s.last, r) > Math.max(moved, 2 * (r.accuracy ?? 0))
    const driven = this.source.peek() === 'drive' // a fast replay needs its steps
    if (!first && !leap && !driven && now - s.lastSent < s.interval * 0.9) return
    s.last = r
    s.lastSent = now
    const { at, ...fix } = r
    s.room.sendPosition({ ...fix, recordedAt: new Date(at).toISOString(), deviceId: thisDevice() }).then(
      (c) => c && this.confirmed(s, c),
      (error: unknown) => {
        if (error instanceof WeMapsError) this.refused.value = error
      },
    )
  }

  private confirmed(s: Sending, c: Confirmed): void {
    this.refused.value = null
    this.verdict.value = c.verdict ?? null
    if (c.nextIntervalMs === undefined) return
    const unwatched = c.intervalReason === 'unwatched'
    if (unwatched && somebodyIsThere(s.room)) return // who has just come; the server will see it, too
    s.unwatched = unwatched
    this.wants(s, Math.min(600_000, Math.max(500, c.nextIntervalMs)))
  }

  private wants(s: Sending, interval: number): void {
    s.interval = interval
    this.interval.value = Math.min(...[...this.rooms.values()].map((x) => x.interval))
    this.geolocation.every(this.interval.value)
  }

  /** Somebody has come, and is not to wait for the rare report that is due while nobody looks. */
  watched(roomId: string): void {
    const s = this.rooms.get(roomId)
    if (!s?.unwatched) return
    s.unwatched = false
    s.lastSent = 0
    this.wants(s, atFirst)
  }
}

/** The position of the one who looks at this page. */
export const ownPosition = new OwnPosition()
