import { WeMapsError } from './errors.js'

/** A message on its way. */
export interface PendingMessage {
  readonly clientId: string
  readonly content: string
  /** Id of the message that it answers. */
  readonly replyTo?: string
  /** User ids of those whom it calls. */
  readonly mentions?: readonly string[]
  readonly createdAt: Date
  readonly state: 'pending' | 'failed' | 'sent'
  /** Why it has failed. */
  readonly error?: WeMapsError
  /** Sends a failed message once more. It stays the same message, however often. */
  retry(): void
  /** Gives a failed message up. */
  discard(): void
  onChange(listener: () => void): () => void
}

/** What may go with a message. */
export interface SendOptions {
  replyTo?: string
  mentions?: readonly string[]
  /** Makes repetitions the same message. */
  clientId?: string
}

type Send = (m: { clientId: string; content: string; replyTo?: string; mentions?: string[] }) => Promise<unknown>

const pauses = [500, 1000, 2000, 5000] // ms between tries, unless the server says when

class Outgoing implements PendingMessage {
  state: PendingMessage['state'] = 'pending'
  error?: WeMapsError
  tries = 0
  readonly createdAt = new Date()
  readonly replyTo?: string
  readonly mentions?: readonly string[]
  private readonly listeners = new Set<() => void>()

  constructor(
    private readonly box: Outbox,
    readonly clientId: string,
    readonly content: string,
    options: SendOptions,
  ) {
    if (options.replyTo) this.replyTo = options.replyTo
    if (options.mentions?.length) this.mentions = options.mentions
  }

  retry(): void {
    if (this.state === 'failed') this.box.again(this)
  }

  discard(): void {
    if (this.state !== 'sent') this.box.drop(this)
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  become(state: PendingMessage['state'], error?: WeMapsError): void {
    this.state = state
    if (error) this.error = error
    else delete this.error
    for (const listener of [...this.listeners]) listener()
    this.box.changed()
  }
}

/**
 * Messages that are not stored yet, in the order in which they were written: one is sent when the one before it is
 * stored or has failed. Without a connection they wait.
 */
export class Outbox {
  private readonly queue: Outgoing[] = []
  private busy = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(
    private readonly send: Send,
    private readonly online: () => boolean,
    /** Runs when waiting is different. */
    readonly changed: () => void = () => undefined,
  ) {}

  /** What is not stored yet, in its order. */
  get waiting(): readonly PendingMessage[] {
    return this.queue
  }

  add(content: string, options: SendOptions = {}): PendingMessage {
    const m = new Outgoing(this, options.clientId ?? newId(), content, options)
    this.queue.push(m)
    this.flush()
    this.changed()
    return m
  }

  /** Something with this id was heard: it is stored. */
  heard(clientId: string): void {
    const m = this.queue.find((o) => o.clientId === clientId)
    if (m) this.done(m)
  }

  /** Sends what waits; to be called when there is a connection. */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    void this.next()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  /** @internal */
  again(m: Outgoing): void {
    m.tries = 0
    m.become('pending')
    this.flush()
  }

  /** @internal */
  drop(m: Outgoing): void {
    const i = this.queue.indexOf(m)
    if (i < 0) return
    this.queue.splice(i, 1)
    this.changed()
  }

  private done(m: Outgoing): void {
    this.drop(m)
    if (m.state !== 'sent') m.become('sent')
  }

  private async next(): Promise<void> {
    const m = this.queue.find((o) => o.state === 'pending')
    if (!m || this.busy || this.closed || !this.online()) return
    this.busy = true
    m.tries++
    try {
      await this.send({
        clientId: m.clientId,
        content: m.content,
        ...(m.replyTo && { replyTo: m.replyTo }),
        ...(m.mentions && { mentions: [...m.mentions] }),
      })
      this.done(m)
    } catch (error) {
      this.failed(m, error)
    } finally {
      this.busy = false
    }
    if (!this.timer) void this.next()
  }

  private failed(m: Outgoing, error: unknown): void {
    const e = error instanceof WeMapsError ? error : new WeMapsError('NETWORK', String(error))
    if (m.state === 'sent') return // it was heard meanwhile
    if (!e.temporary) {
      m.become('failed', e)
      return
    }
    const pause = e.retryAfterMs ?? pauses[Math.min(m.tries, pauses.length) - 1]!
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.next()
    }, pause)
  }
}

/** A random id of 128 bits; React Native has no crypto of its own. */
function newId(): string {
  const c = (globalThis as { crypto?: { randomUUID?: () => string } }).crypto
  if (c?.randomUUID) return c.randomUUID()
  return Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, '0')).join('')
}
