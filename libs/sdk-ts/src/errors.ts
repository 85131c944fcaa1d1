/** What a server refused, or why it could not be asked. `code` is for programs, `message` for people. */
export class WeMapsError extends Error {
  override readonly name = 'WeMapsError'

  constructor(
    /** A code of the contract; NETWORK when there was no answer, TIMEOUT when it did not come in time. */
    readonly code: string,
    message: string,
    /** The HTTP status; 0 over sockets and without an answer. */
    readonly status = 0,
    readonly requestId?: string,
    /** When the same request may work, in ms. */
    readonly retryAfterMs?: number,
    readonly details?: unknown,
  ) {
    super(message)
  }

  /** With VALIDATION_ERROR: what is invalid, by the name that the request gives it, if it is one field. */
  get field(): string | undefined {
    const field = (this.details as { field?: unknown } | null | undefined)?.field
    return typeof field === 'string' ? field : undefined
  }

  /** Whether the same request can succeed later. */
  get temporary(): boolean {
    return ['NETWORK', 'TIMEOUT', 'UNAVAILABLE', 'OVERLOADED', 'RATE_LIMITED', 'INTERNAL_ERROR'].includes(this.code)
  }
}

/** The error in an answer over a socket, or null if it is none. */
export function refusal(answer: unknown): WeMapsError | null {
  const a = answer as { code?: unknown; message?: unknown; field?: string; retryAfterMs?: number } | null | undefined
  if (typeof a?.code !== 'string' || typeof a.message !== 'string') return null
  return new WeMapsError(a.code, a.message, 0, undefined, a.retryAfterMs, a.field === undefined ? undefined : { field: a.field })
}
