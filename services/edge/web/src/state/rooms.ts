import { effect, signal } from '@preact/signals'
import type { Room } from '@wemaps/sdk'

import { codeOf, say } from '../errors'
import { wm } from '../sdk'
import { live, user } from './session'

/** The user's rooms, the newest first; null until they are known. */
export const rooms = signal<readonly Room[] | null>(null)
export const roomsError = signal<string | null>(null)

/** What changes something that the list shows. */
const telling = new Set(['new-message', 'room-updated', 'room-closed', 'member-removed', 'user-joined', 'user-left', 'message-read'])
const settle = 400 // ms, in which several changes are one

let loading: Promise<void> | null = null
let again = false
let timer: ReturnType<typeof setTimeout> | undefined

export function loadRooms(): Promise<void> {
  if (loading) {
    again = true
    return loading
  }
  const whose = user.peek()?.id
  loading = wm.api
    .rooms()
    .then((list) => {
      if (user.peek()?.id !== whose) return
      rooms.value = list
      roomsError.value = null
    })
    .catch((error: unknown) => void (roomsError.value = say(error)))
    .finally(() => {
      loading = null
      if (again) {
        again = false
        void loadRooms()
      }
    })
  return loading
}

/** The list as it is, or as it is being fetched already. */
export const listRooms = (): Promise<void> => loading ?? loadRooms()

/** Joins by code, and returns the room's id; of a room that one is in already as well. */
export async function enter(roomCode: string, nickname?: string): Promise<string> {
  try {
    return (await wm.api.joinRoom({ roomCode, ...(nickname && { nickname }) })).room.id
  } catch (error) {
    const known = codeOf(error) === 'ALREADY_MEMBER' && (await wm.api.rooms()).find((r) => r.roomCode === roomCode)
    if (known) return known.id
    throw error
  }
}

/** Keeps the list right while a screen shows it; returns how to stop. */
export function watchRooms(): () => void {
  const stop = effect(() => {
    const l = live.value
    if (!l) return
    void loadRooms()
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(() => void loadRooms(), settle)
    }
    const offs = [l.on('heard', (h) => telling.has(h.event) && soon()), l.on('state', (s) => s === 'online' && soon())]
    return () => {
      clearTimeout(timer)
      for (const off of offs) off()
    }
  })
  const seen = () => !document.hidden && void loadRooms()
  document.addEventListener('visibilitychange', seen)
  return () => {
    stop()
    document.removeEventListener('visibilitychange', seen)
  }
}

effect(() => {
  if (!user.value) rooms.value = null
})
