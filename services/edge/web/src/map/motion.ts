import { bearing, between, distance, turn, type LngLat } from './geo'

/** What a device measured. */
export interface Fix {
  at: LngLat
  /** Fix time, ms since 1970, by the device's clock. */
  time: number
  /** Degrees from north, if it is known. */
  heading?: number
}

/** What to draw. */
export interface Pose {
  at: LngLat
  /** Degrees from north; null when nothing is known of it. */
  heading: number | null
}

const shortest = 200 // ms of one glide
const longest = 2500 // ms: after a long silence one glides to the news, and then waits there
const slack = 1.35 // a glide lasts a bit longer than the pause between fixes, so that a late packet does not stop it
const farAway = 20_000 // metres: further than this one does not glide, one is somewhere else
const atRest = 4 // metres: less is noise, and no direction
const most = 64 // fixes that wait to be played

/**
 * Turns fixes, which come in steps and at odd moments, into a smooth movement: the marker goes along the fixes in order, as fast
 * as the device went between them, a breath behind the newest one. It never jumps back, and never goes where nobody was.
 */
export class Motion {
  private readonly way: Fix[] = [] // what is still ahead, after `from`
  private from: Fix
  private clock: number // fix time that is shown
  private rate = 0 // fix time per time
  private last: number // when clock was right
  private arrived: number // when the newest fix came
  private pause = 1000 // ms between arrivals, smoothed

  constructor(first: Fix, now: number) {
    this.from = first
    this.clock = first.time
    this.last = now
    this.arrived = now
  }

  get newest(): Fix {
    return this.way.at(-1) ?? this.from
  }

  /** Whether the marker is where the newest fix is. */
  get still(): boolean {
    return this.way.length === 0
  }

  /** Takes a fix. One that is older than the newest changes nothing: false. */
  push(fix: Fix, now: number): boolean {
    const before = this.newest
    if (fix.time <= before.time) return false
    this.advance(now)
    if (distance(before.at, fix.at) > farAway) {
      this.jump(fix, now)
      return true
    }
    const waited = now - this.arrived
    this.arrived = now
    if (waited >= shortest) this.pause += (Math.min(waited, longest) - this.pause) * 0.3
    const heading = fix.heading ?? (distance(before.at, fix.at) > atRest ? bearing(before.at, fix.at) : before.heading)
    if (this.way.length === 0) this.clock = this.from.time
    this.way.push(heading === undefined ? fix : { ...fix, heading })
    if (this.way.length > most) this.way.splice(0, this.way.length - most)
    this.rate = (fix.time - this.clock) / Math.min(longest, Math.max(shortest, this.pause * slack))
    return true
  }

  /** Is at the newest fix at once: after the tab was hidden there is nothing to be shown of the way there. */
  settle(now: number): void {
    this.jump(this.newest, now)
  }

  private jump(to: Fix, now: number): void {
    this.way.length = 0
    this.from = to
    this.clock = to.time
    this.last = now
    this.arrived = now
  }

  /** Where it is now. Time must not go back. */
  pose(now: number): Pose {
    this.advance(now)
    const next = this.way[0]
    if (!next) return { at: this.from.at, heading: this.from.heading ?? null }
    const t = (this.clock - this.from.time) / (next.time - this.from.time)
    const heading = next.heading === undefined ? this.from.heading : turn(this.from.heading ?? next.heading, next.heading, Math.min(1, t * 2))
    return { at: between(this.from.at, next.at, t), heading: heading ?? null }
  }

  /** The way that is ahead, for who can show it without asking in each frame: where it will be, in how many ms from now. */
  plan(now: number): { in: number; at: LngLat }[] {
    const plan = [{ in: 0, at: this.pose(now).at }]
    if (this.rate > 0) for (const f of this.way) plan.push({ in: (f.time - this.clock) / this.rate, at: f.at })
    return plan
  }

  private advance(now: number): void {
    const passed = Math.max(0, now - this.last)
    this.last = now
    if (this.way.length === 0) return
    this.clock += passed * this.rate
    while (this.way[0] && this.clock >= this.way[0].time) this.from = this.way.shift()!
    if (this.way.length === 0) this.clock = this.from.time
  }
}
