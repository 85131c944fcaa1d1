import { io, type Socket } from 'socket.io-client'

import type { WeMaps } from './client.js'
import { Emitter } from './emitter.js'
import { refusal, WeMapsError } from './errors.js'
import { LiveRoom } from './room.js'
import type { Heard, Said } from './types.js'

export type State = 'connecting' | 'online' | 'offline' | 'closed'

export interface LiveEvents {
  state: State
  /** An error that no call of ours waits for. */
  error: WeMapsError
  /** Something was heard of a room of the user's, whether it is entered here or not. */
  heard: { [E in keyof Heard]: { roomId: string; event: E; payload: Heard[E] } }[keyof Heard]
  /** The room that a share link opens. It has neither chat nor members' ids, and only what these friends let others see. */
  watching: LiveRoom
}

type Credentials = { token: () => Promise<string> } | { shareToken: string }

/** Why a share link opens nothing, and will not. */
const linkOver = new Set(['SHARE_NOT_FOUND', 'ROOM_NOT_FOUND', 'ROOM_CLOSED', 'ROOM_EXPIRED', 'INVALID_TOKEN'])

const answerWithin = 10_000 // ms
const aliveWithin = 3000 // ms
const backAfter = 500 // ms, when a connection was lost
const knockAgain = [1000, 2000, 5000, 10_000] // ms, when the server itself has turned us away

/** One connection, which comes back by itself until it is closed. */
export class Live extends Emitter<LiveEvents> {
  state: State = 'connecting'
  private readonly socket: Socket
  private readonly rooms = new Map<string, LiveRoom>()
  private knocks = 0
  private waking = false
  private timer: ReturnType<typeof setTimeout> | undefined

  /** @internal */
  constructor(
    private readonly client: WeMaps,
    private readonly credentials: Credentials,
    /** @internal */ readonly userId: string | null,
  ) {
    super()
    this.socket = io(client.url, {
      auth: (give) => void this.introduce(give),
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: backAfter,
      reconnectionDelayMax: 5000,
      forceNew: true,
    } as Parameters<typeof io>[1])
    this.socket.on('connect', () => {
      this.knocks = 0
      this.socket.io.reconnectionDelay(backAfter)
      this.set('online')
      for (const room of this.rooms.values()) room.enter()
    })
    this.socket.on('disconnect', (reason) => {
      if (this.state === 'closed') return
      const turnedAway = this.state !== 'online' // nobody can be let in for now
      this.set('offline')
      if (reason === 'io server disconnect') this.knock() // it drains, or the session ended: introducing oneself tells
      else if (turnedAway) this.socket.io.reconnectionDelay(this.pause())
    })
    this.socket.on('connect_error', (error) => void this.refused(error))
    this.socket.on('error', (payload: Heard['error']) => {
      const error = refusal(payload)
      if (error) this.emit('error', error)
    })
    this.socket.onAny((event: string, payload: { roomId?: string } | undefined) => {
      if (!payload?.roomId) return
      if (this.userId === null && event === 'joined-room' && !this.rooms.has(payload.roomId)) this.emit('watching', this.room(payload.roomId))
      this.rooms.get(payload.roomId)?.hear(event as keyof Heard, payload as never)
      this.emit('heard', { roomId: payload.roomId, event, payload } as LiveEvents['heard'])
    })
  }

  /** A room of the user's. It is entered now, and again after each reconnect. */
  room(roomId: string): LiveRoom {
    let room = this.rooms.get(roomId)
    if (!room) {
      room = new LiveRoom(this, this.client, roomId)
      this.rooms.set(roomId, room)
      if (this.socket.connected) room.enter()
    }
    return room
  }

  /** Whether it was closed for good. */
  get over(): boolean {
    return this.state === 'closed'
  }

  /**
   * To be called when the device may have slept, or has a network again: comes back at once, instead of when a timer or the
   * server says so. A connection that lives is left alone.
   */
  async wake(): Promise<void> {
    if (this.over || this.waking) return
    this.waking = true
    try {
      const engine = this.socket.io.engine
      if (this.socket.connected && ((await this.lives()) || this.socket.io.engine !== engine)) return
      if (this.over) return
      clearTimeout(this.timer)
      this.socket.disconnect().connect()
    } finally {
      this.waking = false
    }
  }

  private async lives(): Promise<boolean> {
    try {
      await this.socket.timeout(aliveWithin).emitWithAck('ping', {})
      return true
    } catch {
      return false
    }
  }

  /** Ends the connection for good. */
  close(): void {
    clearTimeout(this.timer)
    this.set('closed')
    this.socket.close()
  }

  /** @internal */
  forget(roomId: string): void {
    this.rooms.delete(roomId)
  }

  /** @internal Says something and waits for the answer; rejects with a WeMapsError. */
  async ask<E extends keyof Said>(event: E, data: Said[E]): Promise<unknown> {
    if (!this.socket.connected) throw new WeMapsError('NETWORK', 'There is no connection at the moment')
    let answer: unknown
    try {
      answer = await this.socket.timeout(answerWithin).emitWithAck(event, data)
    } catch {
      void this.wake() // the connection may lead nowhere
      throw new WeMapsError('TIMEOUT', 'The server has not answered in time')
    }
    const error = refusal(answer)
    if (error) throw error
    return answer
  }

  /** @internal Says something that nobody waits for, or nothing without a connection. */
  say<E extends keyof Said>(event: E, data: Said[E]): void {
    if (this.socket.connected) this.socket.emit(event, data)
  }

  private async introduce(give: (auth: object) => void): Promise<void> {
    const lastSeq: Record<string, number> = {}
    for (const room of this.rooms.values()) if (room.lastSeq > 0) lastSeq[room.id] = room.lastSeq
    if ('shareToken' in this.credentials) return give({ shareToken: this.credentials.shareToken })
    try {
      give({ token: await this.credentials.token(), lastSeq })
    } catch {
      give({ lastSeq }) // is refused, which refused() sees to
    }
  }

  private async refused(error: Error): Promise<void> {
    if (this.state === 'closed') return
    this.set('offline')
    if (this.socket.active) return // it tries again by itself
    if ('token' in this.credentials && /token|user not found/i.test(error.message)) {
      try {
        await this.client.refresh()
      } catch (failed) {
        if (failed instanceof WeMapsError && !failed.temporary) {
          this.emit('error', failed)
          return this.close()
        }
      }
    } else if ('shareToken' in this.credentials) {
      const { code } = (error as Error & { data?: { code?: string } }).data ?? {}
      if (!code || linkOver.has(code)) {
        this.emit('error', new WeMapsError(code ?? 'INVALID_TOKEN', error.message, 401))
        return this.close()
      } // else the server is busy, or enough people watch for now
    }
    this.knock()
  }

  private knock(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.socket.connect(), this.pause() * (0.5 + Math.random() / 2))
  }

  private pause = () => knockAgain[Math.min(this.knocks++, knockAgain.length - 1)]!

  private set(state: State): void {
    if (this.state === state || this.state === 'closed') return
    this.state = state
    this.emit('state', state)
  }
}
