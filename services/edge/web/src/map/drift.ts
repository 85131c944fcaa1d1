import { shift } from './dom'

/** Pixels by which the drawn map is larger on each side than what is seen of it, so that it can be pushed about as a picture. */
export const margin = 128

/** A place, in pixels, and in how many ms from now something is there. */
export interface Step {
  x: number
  y: number
  in: number
}

type Point = Pick<Step, 'x' | 'y'>

/** Where something is that goes along a way, so many ms after its beginning. */
export function along(way: readonly Step[], after: number): Point {
  let from = way[0]
  for (const to of way) {
    if (after < to.in) {
      const t = (after - from!.in) / (to.in - from!.in)
      return t > 0 ? { x: from!.x + (to.x - from!.x) * t, y: from!.y + (to.y - from!.y) * t } : { x: from!.x, y: from!.y }
    }
    from = to
  }
  return { x: from?.x ?? 0, y: from?.y ?? 0 }
}

/** For how many ms what goes along a way is no farther than so many pixels from where it belongs, to each side. */
export function within(way: readonly Step[], limit: number): number {
  let from: Step | undefined
  for (const to of way) {
    const out = Math.max(Math.abs(to.x), Math.abs(to.y))
    if (out > limit) {
      if (!from) return 0
      // On the way from inside to outside the farther of both sides is not always the same one.
      const reach = (a: number, b: number) => (Math.abs(b) > limit ? (Math.sign(b) * limit - a) / (b - a) : 1)
      return from.in + (to.in - from.in) * Math.min(reach(from.x, to.x), reach(from.y, to.y))
    }
    from = to
  }
  return Infinity
}

/**
 * Pushes the map about as it was drawn, with all that lies on it: that is the work of the compositor, and neither the map nor
 * anything on it is drawn anew.
 */
export class Drift {
  private way: readonly Step[] = []
  private began = 0
  private animation: Animation | null = null

  constructor(private readonly picture: HTMLElement) {}

  /** How far the picture is from where it belongs. */
  at(now: number): Point {
    return along(this.way, now - this.began)
  }

  /** Whether it is on its way. */
  moves(now: number): boolean {
    return now - this.began < (this.way.at(-1)?.in ?? 0)
  }

  /** Puts the picture somewhere. */
  put({ x, y }: Point): void {
    this.animation?.cancel()
    this.animation = null
    this.way = [{ x, y, in: 0 }]
    this.picture.style.transform = x === 0 && y === 0 ? '' : shift(x, y)
  }

  /** Lets the picture go along a way. */
  go(way: readonly Step[], now: number): void {
    const end = way.at(-1)!
    this.put(end)
    this.way = way
    this.began = now
    if (end.in <= 0) return
    this.animation = this.picture.animate(way.map((s) => ({ transform: shift(s.x, s.y), offset: s.in / end.in })), { duration: end.in, fill: 'backwards' })
    this.animation.startTime = now // as the markers on it do
  }
}
