import { computed, effect, signal } from '@preact/signals'
import type { Live, LiveEvents, SOS } from '@wemaps/sdk'

import { route } from '../router'
import { wm } from '../sdk'
import { listRooms, loadRooms, rooms } from './rooms'
import { live, user } from './session'
import { nameOf } from './status'

export interface Alarm {
  id: string
  roomId: string
  /** Who calls, as the room calls them. */
  name: string
  room: string
}

/** Open calls for help in all rooms of the user, by their ids. */
const calls = signal<ReadonlyMap<string, SOS>>(new Map())
const silenced = signal<ReadonlySet<string>>(new Set())
const over = new Set<string>() // an answer that is on its way may still have them
let signs = 0 // how often something was heard of calls

/** Calls that the screen does not show by itself: those of other rooms than the one that is open. */
export const alarms = computed<readonly Alarm[]>(() => {
  const at = route.value
  return [...calls.value.values()].flatMap((c) => {
    const room = rooms.value?.find((r) => r.id === c.roomId)
    if (!room || c.userId === user.value?.id || silenced.value.has(c.id) || (at.at === 'room' && at.id === c.roomId)) return []
    const caller = room.members?.find((m) => m.userId === c.userId)
    return [{ id: c.id, roomId: c.roomId, name: caller ? nameOf(caller) : c.userName, room: room.name }]
  })
})

/** The user has seen it. Who calls again is shown again. */
export function silence(id: string): void {
  silenced.value = new Set([...silenced.peek(), id])
}

function hear(h: LiveEvents['heard']): void {
  switch (h.event) {
    case 'sos-raised':
      signs++
      take(h.payload as SOS)
      silenced.value = new Set([...silenced.peek()].filter((id) => id !== h.payload.id))
      if (!rooms.peek()?.some((r) => r.id === h.roomId)) void loadRooms()
      break
    case 'sos-answered':
    case 'sos-cancelled':
      signs++
      over.add(h.payload.id)
      keep((c) => c.id !== h.payload.id)
      break
    case 'member-removed':
    case 'user-left':
      if (h.payload.userId === user.peek()?.id) keep((c) => c.roomId !== h.roomId)
      break
    case 'room-closed':
      keep((c) => c.roomId !== h.roomId)
  }
}

function take(call: SOS): void {
  if (!over.has(call.id)) calls.value = new Map(calls.peek()).set(call.id, call)
}

function keep(which: (call: SOS) => boolean): void {
  if ([...calls.peek().values()].every(which)) return
  calls.value = new Map([...calls.peek()].filter(([, c]) => which(c)))
}

/** Learns which calls are open: some were raised, and others ended, while nobody listened. */
async function ask(l: Live): Promise<void> {
  await listRooms()
  for (const { id } of rooms.peek() ?? []) {
    for (let tries = 0; tries < 3; tries++) {
      const before = signs
      const open = await wm.api.sos(id)
      if (live.peek() !== l) return
      if (signs !== before) continue // the answer may be older than what was heard
      keep((c) => c.roomId !== id || open.some((o) => o.id === c.id))
      open.forEach(take)
      break
    }
  }
}

/** Listens for as long as somebody is signed in. */
export function startAlarms(): void {
  effect(() => {
    const l = live.value
    if (!l) return
    const asked = () => void ask(l).catch(() => undefined) // or at the next connection
    if (l.state === 'online') asked()
    const offs = [l.on('heard', hear), l.on('state', (s) => s === 'online' && asked())]
    return () => {
      for (const off of offs) off()
      calls.value = new Map()
      silenced.value = new Set()
    }
  })
}
