/**
 * Tells whether an answer that was asked for may be older than what was heard by itself meanwhile. A topic is a key of the
 * owner's choice.
 */
export class News {
  /** How much was heard so far; remember it before asking. */
  now = 0
  private readonly last = new Map<string, number>()

  hear(topic: string): void {
    this.last.set(topic, ++this.now)
  }

  /** Whether anything was heard of a topic after now was that. */
  since(then: number, topic: string): boolean {
    return (this.last.get(topic) ?? 0) > then
  }
}
