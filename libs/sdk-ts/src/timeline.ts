import type { ChatMessage } from './types.js'

/** Messages heard ahead of a gap that are kept; with more, the gap is filled anew. */
const mostAhead = 1000

/** The chat of a room in its order: what comes early waits, what comes twice counts once. */
export class Timeline {
  /** By seq; nothing is missing between the first and the last. */
  readonly messages: ChatMessage[] = []
  /** Up to here everything is known; 0 = nothing yet. */
  lastSeq = 0
  /** Whether there are older messages. */
  hasMore = false
  started = false
  private readonly ahead = new Map<number, ChatMessage>()

  /** Whether something is missing. */
  get gap(): boolean {
    return this.started && this.ahead.size > 0
  }

  /** Takes a message that came by itself, and returns what is new and in order now. */
  hear(m: ChatMessage): ChatMessage[] {
    if (this.started && m.seq <= this.lastSeq) {
      this.change(m)
      return []
    }
    this.ahead.set(m.seq, m)
    if (this.ahead.size > mostAhead) this.ahead.delete(Math.min(...this.ahead.keys()))
    return this.started ? this.drain() : []
  }

  /** Takes the newest page, the first of all. */
  begin(page: readonly ChatMessage[], hasMore: boolean): ChatMessage[] {
    if (this.started) return this.missed(page)
    this.started = true
    this.hasMore = hasMore
    this.messages.push(...page)
    this.lastSeq = page.at(-1)?.seq ?? 0
    return this.drain()
  }

  /** Takes the page that follows lastSeq. What it leaves out is gone for good. */
  missed(page: readonly ChatMessage[]): ChatMessage[] {
    const fresh: ChatMessage[] = []
    for (const m of page) {
      if (m.seq <= this.lastSeq) continue
      fresh.push(m)
      this.messages.push(m)
      this.lastSeq = m.seq
    }
    return [...fresh, ...this.drain()]
  }

  /** Takes the page before the first message. */
  earlier(page: readonly ChatMessage[], hasMore: boolean): void {
    const first = this.messages[0]?.seq ?? Infinity
    this.messages.unshift(...page.filter((m) => m.seq < first))
    this.hasMore = hasMore
  }

  /** Takes a message as it is now; an older state of it than is known changes nothing. */
  change(m: ChatMessage): boolean {
    const i = this.find(m.seq)
    const known = this.messages[i]
    if (!known || (known.rev ?? 0) >= (m.rev ?? 0)) return false
    this.messages[i] = m
    return true
  }

  /** The message with an id. */
  byId(id: string): ChatMessage | undefined {
    return this.messages.findLast((m) => m.id === id)
  }

  private find(seq: number): number {
    let low = 0
    let high = this.messages.length - 1
    while (low <= high) {
      const mid = (low + high) >> 1
      const at = this.messages[mid]!.seq
      if (at === seq) return mid
      if (at < seq) low = mid + 1
      else high = mid - 1
    }
    return -1
  }

  private drain(): ChatMessage[] {
    for (const seq of this.ahead.keys()) if (seq <= this.lastSeq) this.ahead.delete(seq)
    const fresh: ChatMessage[] = []
    for (let m = this.ahead.get(this.lastSeq + 1); m; m = this.ahead.get(this.lastSeq + 1)) {
      this.ahead.delete(m.seq)
      this.messages.push(m)
      this.lastSeq = m.seq
      fresh.push(m)
    }
    return fresh
  }
}
