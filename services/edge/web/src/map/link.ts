import { effect } from '@preact/signals'
import type { LiveRoom, Location, MemberState } from '@wemaps/sdk'

import { ago, initials } from '../format'
import { ownPosition, type Reading } from '../position'
import { nameOf, staleAfter, statusOf } from '../state/status'
import { colorOf } from './color'
import type { Engine } from './engine'
import { place, type LngLat } from './geo'
import type { Look, Sign } from './marker'
import type { Fix } from './motion'
import type { Pin } from './pins'
import type { RoomPlaces } from './types'

const settle = 200 // ms, in which several changes are one for the map
const still = 0.4 // m/s: who is slower stands, and a standing device's direction is noise

/** Who asks what of the link; read each time, so that it may change. */
export interface Wishes {
  meId: string | null
  places: RoomPlaces | null
  selected: string | null
  sos: ReadonlySet<string>
}

/** Shows a room on a map until the returned function is called. */
export function link(engine: Engine, room: LiveRoom | null, wishes: () => Wishes): { refresh(): void; close(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  const refresh = () => {
    clearTimeout(timer)
    timer = undefined
    show(engine, room, wishes())
  }
  const soon = () => (timer ??= setTimeout(refresh, settle))
  let only = false // that somebody has moved is no reason to look at everybody: the clock does so each second
  const changed = () => {
    if (!only) soon()
    only = false
  }
  const moved = (l: Location) => {
    only = true
    const fix = fixOf(l)
    if (!fix) return
    const known = engine.people.has(l.userId)
    engine.moved(l.userId, fix, l.accuracy ?? 0)
    if (!known) refresh()
  }
  for (const m of room?.members.values() ?? []) if (m.position) moved(m.position)
  only = false
  const offs = [room?.on('position', moved), room?.on('change', changed)]
  const stopOwn = effect(() => {
    const r = ownPosition.reading.value
    const { meId } = wishes()
    if (!r || !meId) return
    engine.moved(meId, ownFix(r), r.accuracy ?? 0)
    soon()
  })
  const clock = setInterval(() => document.hidden || refresh(), 1000)
  refresh()
  return {
    refresh,
    close() {
      clearInterval(clock)
      clearTimeout(timer)
      stopOwn()
      for (const off of offs) off?.()
      for (const id of engine.people.ids()) engine.people.remove(id)
    },
  }
}

function fixOf(l: Location): Fix | null {
  const at = place(l.latitude, l.longitude)
  const time = Date.parse(l.recordedAt)
  if (!at || Number.isNaN(time)) return null
  const heading = l.speed !== undefined && l.speed >= 0 && l.speed < still ? undefined : (l.bearing ?? l.heading)
  return { at, time, ...(heading !== undefined && { heading }) }
}

function ownFix(r: Reading): Fix {
  const heading = r.speed !== undefined && r.speed < still ? undefined : r.heading
  return { at: [r.longitude, r.latitude], time: r.at, ...(heading !== undefined && { heading }) }
}

function show(engine: Engine, room: LiveRoom | null, w: Wishes): void {
  const places = w.places ?? room?.details ?? null
  engine.setPins(pinsOf(places))
  const members = room?.members ?? new Map<string, MemberState>()
  const own = ownPosition.reading.peek()
  for (const id of engine.people.ids()) {
    const m = members.get(id)
    if (!m?.position && !(id === w.meId && own)) engine.people.remove(id)
  }
  const now = Date.now()
  for (const m of members.values()) {
    if (m.userId === w.meId && own && !engine.people.has(m.userId)) engine.moved(m.userId, ownFix(own), own.accuracy ?? 0)
    if (engine.people.has(m.userId)) engine.show(m.userId, lookOf(m, w, own, now))
  }
  const about = members.get(w.selected ?? '') ?? members.get(w.meId ?? '')
  engine.setShare(about?.position?.progress ?? 0)
  const goal = places && place(places.destinationLat, places.destinationLng)
  const selected = members.get(w.selected ?? '')
  engine.setLead(goal && selected && !selected.arrived && engine.people.has(selected.userId) ? { from: selected.userId, to: goal, color: colorOf(selected.userId) } : null)
}

const signs: Record<ReturnType<typeof statusOf>, Sign> = {
  arrived: 'arrived', paused: 'paused', offline: 'offline', stale: 'stale', behind: 'behind', moving: 'none', silent: 'none',
}

function lookOf(m: MemberState, w: Wishes, own: Reading | null, now: number): Look {
  const me = m.userId === w.meId
  const name = nameOf(m)
  // What this device has just measured is fresher than what the server has told of it.
  const recorded = me && own ? own.at : m.position ? Date.parse(m.position.recordedAt) : now
  const sign = me && own ? (m.arrived ? 'arrived' : now - own.at > staleAfter ? 'stale' : m.straggling ? 'behind' : 'none') : signs[statusOf(m, now)]
  return {
    name,
    initials: initials(name),
    color: colorOf(m.userId),
    me,
    sign,
    note: sign === 'stale' || sign === 'paused' || sign === 'offline' ? ago(new Date(recorded), new Date(now)) : '',
    share: m.arrived ? 1 : (m.position?.progress ?? null),
    sos: w.sos.has(m.userId),
    selected: w.selected === m.userId,
  }
}

function pinsOf(p: RoomPlaces | null): Pin[] {
  if (!p) return []
  const pins: Pin[] = []
  ;(p.waypoints ?? []).forEach((x, i) => {
    const at = place(x.lat, x.lng)
    if (at) pins.push({ id: `waypoint ${i}`, kind: 'waypoint', at, text: String(i + 1) })
  })
  const goal: LngLat | null = place(p.destinationLat, p.destinationLng)
  if (goal) pins.push({ id: 'goal', kind: 'goal', at: goal, text: p.destinationName })
  return pins
}
