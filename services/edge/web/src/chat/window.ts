/** How many messages are in the document at most, by how many it moves, and how many there are while following. */
export const most = 200
export const step = 50
export const following = 100

/**
 * What part of a long chat is in the document. `from` is the seq of its first message; null follows the newest ones.
 */
export function windowOf<T extends { seq: number }>(all: readonly T[], from: number | null): { start: number; end: number } {
  if (from === null) return { start: Math.max(0, all.length - following), end: all.length }
  let start = all.findIndex((m) => m.seq >= from)
  if (start < 0) start = Math.max(0, all.length - following)
  return { start, end: Math.min(all.length, start + most) }
}

/** The window moved by steps towards older messages (-1) or newer ones (1); the same one if there are none. */
export function moved<T extends { seq: number }>(all: readonly T[], from: number | null, by: -1 | 1): number | null {
  const { start, end } = windowOf(all, from)
  if (by < 0) return start === 0 ? (all[0]?.seq ?? null) : all[Math.max(0, start - step)]!.seq
  if (end >= all.length) return from
  return all[Math.min(start + step, all.length - 1)]!.seq
}
