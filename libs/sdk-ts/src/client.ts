import { Api } from './api.js'
import { Emitter } from './emitter.js'
import { WeMapsError } from './errors.js'
import { Live } from './live.js'
import type { User } from './types.js'

/** Where a session is kept: localStorage, AsyncStorage of React Native, or a Map. */
export interface Storage {
  get(key: string): string | null | undefined | Promise<string | null | undefined>
  set(key: string, value: string): unknown
  remove(key: string): unknown
}

export interface Options {
  /** Of the edge, such as https://maps.example.org. */
  url: string
  /** Without one the session ends with the process. */
  storage?: Storage
  fetch?: typeof globalThis.fetch
}

export interface Session {
  user: User
  token: string
  refreshToken: string
  /** Of the token. */
  expiresAt: string
}

export interface ClientEvents {
  /** Somebody has signed in or out, or has another name. */
  user: User | null
  /** The session has ended, and not because signOut was called. */
  'signed-out': void
}

const storageKey = 'wemaps.session'
const refreshBefore = 24 * 3600_000 // ms before a token ends
const requestTimeout = 20_000 // ms
const fileTimeout = 120_000 // ms, which is what the server gives a file
const silentFor = 6000 // ms that reading may take to be answered at all: after a sleep, connections may lead nowhere

/** One user of one WeMaps deployment. */
export class WeMaps extends Emitter<ClientEvents> {
  readonly url: string
  readonly api: Api
  /** Settles when the stored session was read. With a synchronous storage it is there at once. */
  readonly ready: Promise<void>

  private session: Session | null = null
  private refreshing: Promise<void> | null = null
  private readonly fetch: typeof globalThis.fetch

  constructor(private readonly options: Options) {
    super()
    this.url = options.url.replace(/\/+$/, '')
    this.fetch = options.fetch ?? globalThis.fetch.bind(globalThis)
    this.api = new Api(this)
    const stored = options.storage?.get(storageKey)
    if (stored instanceof Promise) {
      this.ready = stored.then((text) => {
        if (!this.session) this.restore(text)
        this.emit('user', this.user)
      })
    } else {
      this.restore(stored)
      this.ready = Promise.resolve()
    }
  }

  get user(): User | null {
    return this.session?.user ?? null
  }

  /** Connects as the user. */
  connect(): Live {
    return new Live(this, { token: () => this.token() }, this.user?.id ?? null)
  }

  /** Connects as somebody who may look at one room. */
  connectAsViewer(shareToken: string): Live {
    return new Live(this, { shareToken }, null)
  }

  private restore(text: string | null | undefined): void {
    try {
      const s = JSON.parse(text ?? 'null') as Session | null
      if (s?.user?.id && s.token && s.refreshToken) this.session = s
    } catch {
      // what somebody else has written there is no session
    }
  }

  /** @internal */
  keep(session: Session | null): void {
    this.session = session
    if (session) void this.options.storage?.set(storageKey, JSON.stringify(session))
    else void this.options.storage?.remove(storageKey)
    this.emit('user', this.user)
  }

  /** @internal */
  renamed(user: User): void {
    if (this.session) this.keep({ ...this.session, user })
  }

  /** A token that is good for a while; rejects with TOKEN_REQUIRED when nobody is signed in. */
  async token(): Promise<string> {
    await this.ready
    if (this.session && Date.parse(this.session.expiresAt) - Date.now() < refreshBefore) {
      await this.refresh().catch((error: unknown) => {
        if (!(error instanceof WeMapsError) || !error.temporary) throw error // else the old one may do
      })
    }
    if (!this.session) throw new WeMapsError('TOKEN_REQUIRED', 'Nobody is signed in', 401)
    return this.session.token
  }

  /** Gets a new token; several calls at once are one. */
  refresh(): Promise<void> {
    this.refreshing ??= this.rotate().finally(() => (this.refreshing = null))
    return this.refreshing
  }

  private async rotate(): Promise<void> {
    const before = this.session
    if (!before) throw new WeMapsError('TOKEN_REQUIRED', 'Nobody is signed in', 401)
    try {
      const next = await this.send<Partial<Session>>('POST', '/api/auth/refresh', { refreshToken: before.refreshToken })
      if (this.session === before) this.keep({ ...before, ...next })
    } catch (error) {
      if (error instanceof WeMapsError && error.status === 401 && this.session === before) {
        this.keep(null)
        this.emit('signed-out')
      }
      throw error
    }
  }

  /** @internal One request with the user's token, and once more with a new one if that has ended. */
  request = <T>(method: string, path: string, body?: unknown): Promise<T> => this.asUser((token) => this.send<T>(method, path, body, token))

  /** @internal A file of the user's, as text. */
  file = (path: string): Promise<string> => this.asUser(async (token) => (await this.ask('GET', path, undefined, token, fileTimeout)).text)

  private async asUser<T>(run: (token: string) => Promise<T>): Promise<T> {
    const token = await this.token()
    try {
      return await run(token)
    } catch (error) {
      if (error instanceof Unanswered) return run(token) // over another connection
      if (!(error instanceof WeMapsError) || error.status !== 401 || error.code === 'INVALID_CREDENTIALS' || error.code === 'PASSWORD_REQUIRED') throw error
      if (this.session?.token === token) await this.refresh()
      return run(await this.token())
    }
  }

  /** @internal One request without a token, or with the given one. */
  async send<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
    return (await this.ask(method, path, body, token)).answer as T
  }

  private async ask(method: string, path: string, body: unknown, token: string | undefined, timeout = requestTimeout): Promise<{ text: string; answer: unknown }> {
    let response: Response
    let text: string
    const patience = new AbortController()
    let silent = method === 'GET' && timeout === requestTimeout // a file may take its time, and who writes does it once
    let timer = setTimeout(() => patience.abort(), silent ? silentFor : timeout)
    try {
      response = await this.fetch(this.url + path, {
        method,
        // Text is no JSON, and says itself what it is.
        headers: { ...(body !== undefined && { 'content-type': typeof body === 'string' ? 'application/octet-stream' : 'application/json' }), ...(token && { authorization: `Bearer ${token}` }) },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: patience.signal,
      })
      silent = false
      clearTimeout(timer)
      timer = setTimeout(() => patience.abort(), timeout)
      text = await response.text()
    } catch (error) {
      throw new (patience.signal.aborted && silent ? Unanswered : WeMapsError)('NETWORK', 'The server cannot be reached', 0, undefined, undefined, error)
    } finally {
      clearTimeout(timer)
    }
    let answer: unknown
    try {
      answer = text ? JSON.parse(text) : undefined
    } catch {
      answer = undefined // a proxy's page
    }
    if (response.ok) return { text, answer }
    const e = answer as { error?: string; code?: string; requestId?: string; details?: unknown } | undefined
    const after = Number(response.headers.get('retry-after'))
    throw new WeMapsError(e?.code ?? 'UNAVAILABLE', e?.error ?? `The server answered ${response.status}`, response.status, e?.requestId,
      after > 0 ? after * 1000 : undefined, e?.details)
  }
}

/** Nothing came back, although the request could be sent. */
class Unanswered extends WeMapsError {}
