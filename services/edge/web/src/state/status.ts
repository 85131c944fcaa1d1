import type { MemberState } from '@wemaps/sdk'

/** A position older than this no longer says where somebody is. */
export const staleAfter = 60_000 // ms

export type Status = 'arrived' | 'paused' | 'offline' | 'stale' | 'behind' | 'moving' | 'silent'

/** The one thing to say of a member first. */
export function statusOf(m: MemberState, now: number): Status {
  if (m.paused) return 'paused'
  if (m.arrived) return 'arrived'
  if (m.position) {
    if (now - Date.parse(m.position.recordedAt) > staleAfter) return 'stale'
    return m.straggling ? 'behind' : 'moving'
  }
  // Where one is oneself is told to the others only, but how one is doing is known.
  return !m.online ? 'offline' : m.straggling ? 'behind' : 'silent'
}

/** Oneself first, then in the order of joining: a list that jumps cannot be read. */
export function inOrder(all: Iterable<MemberState>, me: string | null): MemberState[] {
  return [...all].sort((a, b) => Number(b.userId === me) - Number(a.userId === me) || a.joinOrder - b.joinOrder)
}

/** How far somebody still has to go, in metres. */
export const remaining = (m: MemberState): number | undefined => m.position?.remainingDistance ?? m.position?.distanceToDestination

export { colorOf, inkOn } from '../map/color'

/** What somebody is called in a room. */
export const nameOf = (m: Pick<MemberState, 'userName' | 'nickname'>): string => m.nickname || m.userName
