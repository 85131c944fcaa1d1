import { effect, signal } from '@preact/signals'
import type { LiveRoom } from '@wemaps/sdk'

import { ownPosition, type Track } from '../position'

/** The rooms that hear where this device is. */
export const sharedWith = signal<ReadonlySet<string>>(new Set())

const stored = 'wemaps.sharing' // of this tab: a reload goes on, another day does not
const ends = new Map<string, () => void>()

function attach(room: LiveRoom): void {
  if (!ends.has(room.id)) {
    const offs = [ownPosition.attach(room), room.on('presence', (m) => m.online && ownPosition.watched(room.id)), room.on('viewers', (x) => x.viewers > 0 && ownPosition.watched(room.id))]
    ends.set(room.id, () => offs.forEach((off) => off()))
  }
  sharedWith.value = new Set(ends.keys())
}

/** Shares the browser's position with a room, from a click on. What was measured in a pause is never shown: the pause ends first. */
export async function share(room: LiveRoom): Promise<void> {
  await shownAgain(room)
  attach(room)
  if (ownPosition.source.peek() !== 'geolocation') ownPosition.share()
}

/** Shares the position along a track, or along the one in a file, with a room, in place of one's own. */
export async function drive(room: LiveRoom, track: File | Track): Promise<boolean> {
  if (track instanceof File) {
    if (!(await ownPosition.driveFile(track))) return false
  } else {
    ownPosition.driveTrack(track)
  }
  await shownAgain(room)
  attach(room)
  return true
}

/** Who had paused is shown again. */
async function shownAgain(room: LiveRoom): Promise<void> {
  const me = [...room.members.values()].find((m) => room.isMe(m.userId))
  if (me?.paused) await room.resume()
}

/** This device tells a room nothing any more. */
export function detach(roomId: string): void {
  ends.get(roomId)?.()
  ends.delete(roomId)
  sharedWith.value = new Set(ends.keys())
  if (ends.size === 0) ownPosition.stop()
}

/** Shares with a room no longer, and takes the position back that it has. */
export async function pause(room: LiveRoom): Promise<void> {
  detach(room.id)
  await room.pause()
}

export function detachAll(): void {
  for (const id of [...ends.keys()]) detach(id)
}

/** Goes on after a reload, if the browser need not ask for it. */
export async function goOn(room: LiveRoom): Promise<void> {
  if (!kept().includes(room.id)) return
  const permission = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null)
  if (permission?.state !== 'granted' || ends.has(room.id)) return
  attach(room)
  if (!ownPosition.source.peek()) ownPosition.share()
}

function kept(): string[] {
  try {
    const ids: unknown = JSON.parse(sessionStorage.getItem(stored) ?? '[]')
    return Array.isArray(ids) ? ids.filter((x) => typeof x === 'string') : []
  } catch {
    return []
  }
}

let first = true
effect(() => {
  const ids = ownPosition.source.value === 'drive' ? [] : [...sharedWith.value]
  if (first) return void (first = false) // what was kept is still to be read
  if (ids.length > 0 || ownPosition.source.value) sessionStorage.setItem(stored, JSON.stringify(ids))
  else sessionStorage.removeItem(stored)
})
