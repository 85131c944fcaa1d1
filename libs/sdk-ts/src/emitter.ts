/** Listeners by event. What one of them throws reaches nobody else. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(payload: never) => void>>()

  /** Listens until the returned function is called. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void {
    let all = this.listeners.get(event)
    if (!all) this.listeners.set(event, (all = new Set()))
    all.add(listener as (payload: never) => void)
    return () => void all.delete(listener as (payload: never) => void)
  }

  protected emit<E extends keyof Events>(event: E, ...payload: Events[E] extends void ? [] : [Events[E]]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      try {
        listener(payload[0] as never)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
