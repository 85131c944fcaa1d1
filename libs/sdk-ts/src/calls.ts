import type { SOS } from './types.js'

/** What to tell of a call. */
export type CallNews = 'raised' | 'ended' | null

/** The calls for help of a room. A call that has ended stays so: who calls again has another one. */
export class Calls {
  /** Those that are open, by id. */
  readonly open = new Map<string, SOS>()
  private readonly ended = new Set<string>()

  /** Takes a call as it was told, and says what is new in it. */
  hear(call: SOS): CallNews {
    if (call.state !== 'open') {
      if (this.ended.has(call.id)) return null
      this.ended.add(call.id)
      this.open.delete(call.id)
      return 'ended'
    }
    const known = this.open.get(call.id)
    if (this.ended.has(call.id) || (known && Date.parse(known.updatedAt) >= Date.parse(call.updatedAt))) return null
    this.open.set(call.id, call)
    return 'raised'
  }

  /**
   * Forgets the calls that have ended while nobody listened: those that were known when it was asked which are open, and
   * are not in the answer. Says whether there were any.
   */
  forget(known: readonly string[], answer: readonly SOS[]): boolean {
    const open = new Set(answer.map((c) => c.id))
    const gone = known.filter((id) => !open.has(id) && this.open.delete(id))
    for (const id of gone) this.ended.add(id)
    return gone.length > 0
  }
}
