import { inkOn } from './color'
import { drawing, el, moveTo, shift } from './dom'
import { apart } from './geo'

export type Sign = 'none' | 'stale' | 'paused' | 'arrived' | 'behind' | 'offline'

/** What a marker says of its member, besides where they are. */
export interface Look {
  name: string
  initials: string
  color: string
  me: boolean
  sign: Sign
  /** Beside the name, such as the age of what is old. */
  note: string
  /** Share of the way, 0 to 1; null when it is not known. */
  share: number | null
  sos: boolean
  selected: boolean
}

const badges: Partial<Record<Sign, string>> = {
  arrived: 'M6 20V4.5M6 5.5h11.5l-2.6 3.7 2.6 3.8H6',
  paused: 'M8.5 6v12M15.5 6v12',
  behind: 'M11.5 6.5L6 12l5.5 5.5M18 6.5L12.5 12l5.5 5.5',
  offline: 'M5 5l14 14M7.5 13.5a6.500 6.500 0 0 1 3-1.600M4.500 10a11 11 0 0 1 3.500-2.200M12 17.500v.01M13.500 7.600a11 11 0 0 1 6 2.400M15.300 12.600a6.500 6.500 0 0 1 1.200.900',
  stale: 'M12 7v5.500l3.500 2M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17z',
}

const biggest = 2000 // pixels: a larger circle of uncertainty says nothing but "somewhere here"
const smallest = 20 // pixels: a smaller one is hidden by the marker

/** The marker of a member. It changes the page only where something is different. */
export class Marker {
  readonly root: HTMLButtonElement
  private readonly halo = el('span', 'wm-halo')
  private readonly arrow = drawing('wm-arrow', '0 0 60 60', 'M30 1l8.500 12.500Q30 9.500 21.500 13.500Z')
  private readonly face = el('span', 'wm-face')
  private readonly badge = el('span', 'wm-badge')
  private readonly label = el('span', 'wm-label')
  private readonly noteText = el('span', 'wm-note')
  private readonly nameText = el('span', 'wm-name')
  private look: Look | null = null
  private radius = -1
  private heading: number | null = null
  private shown = true
  private isNamed = true
  private gliding: Animation | null = null
  /** Width of the label in pixels; 0 before it was drawn. */
  labelWidth = 0

  constructor(onPress: () => void) {
    this.label.append(this.nameText, this.noteText)
    this.arrow.style.display = 'none'
    this.badge.style.display = 'none'
    // The list of members says the same to those who do not see the map; a second one would be in their way.
    this.root = el('button', 'wm-marker', this.halo, this.arrow as unknown as Node, el('span', 'wm-ring', this.face), this.badge, this.label)
    this.root.type = 'button'
    this.root.tabIndex = -1
    this.root.addEventListener('click', (e) => {
      e.stopPropagation()
      onPress()
    })
  }

  show(next: Look): void {
    const old = this.look
    this.look = next
    if (old && same(old, next)) return
    const { style, classList } = this.root
    style.setProperty('--color', next.color)
    style.setProperty('--marker-ink', inkOn(next.color))
    style.setProperty('--share', `${Math.round((next.share ?? 0) * 100)}%`)
    for (const sign of ['stale', 'paused', 'arrived', 'behind', 'offline'] as const) classList.toggle(sign, next.sign === sign)
    classList.toggle('me', next.me)
    classList.toggle('sos', next.sos)
    classList.toggle('selected', next.selected)
    classList.toggle('shares', next.share !== null)
    if (old?.initials !== next.initials) this.face.textContent = next.initials
    if (old?.sign !== next.sign) this.showBadge(next.sign)
    if (old?.name !== next.name || old.note !== next.note) {
      this.nameText.textContent = next.name
      this.noteText.textContent = next.note
      this.labelWidth = 0
    }
    style.zIndex = String(next.sos ? 4 : next.selected ? 3 : next.me ? 2 : 1)
  }

  private showBadge(sign: Sign): void {
    const d = badges[sign]
    this.badge.replaceChildren(...(d ? [drawing('', '0 0 24 24', d)] : []))
    this.badge.style.display = d ? '' : 'none'
  }

  /** Puts it at a place of the page. */
  move(x: number, y: number): void {
    this.gliding?.cancel()
    this.gliding = null
    moveTo(this.root, x, y)
  }

  /** Lets it go along places of the page, each in so many ms from now, without a hand on it: that is the compositor's work alone. */
  glide(way: readonly { x: number; y: number; in: number }[], now: number): void {
    const end = way.at(-1)!
    this.move(end.x, end.y) // where it is when the glide is over
    if (end.in <= 0) return
    this.gliding = this.root.animate(way.map((w) => ({ transform: shift(w.x, w.y), offset: w.in / end.in })), { duration: end.in, fill: 'backwards' })
    this.gliding.startTime = now // it does not wait for the next frame, which may be late, or is one of before now
  }

  /** Shows it or not; what is outside of the map costs nothing. */
  visible(yes: boolean): void {
    if (this.shown === yes) return
    this.shown = yes
    this.root.style.display = yes ? '' : 'none'
  }

  /** Turns the arrow, in degrees from the upper edge of the map, within some ms. */
  turn(degrees: number | null, within = 0): void {
    const before = this.heading
    const next = degrees === null ? null : Math.round(degrees)
    if (next === before) return
    const by = next === null || before === null ? 0 : apart(before, next)
    if (by !== 0 && within > 0 && Math.abs(by) < 3) return // what nobody sees is not drawn anew
    this.heading = next
    this.arrow.style.display = next === null ? 'none' : ''
    if (next === null) return
    this.arrow.style.transform = `rotate(${next}deg)`
    if (by !== 0 && within > 0) this.arrow.animate([{ transform: `rotate(${next - by}deg)` }, { transform: `rotate(${next}deg)` }], { duration: within })
  }

  /** The circle of uncertainty, in pixels. */
  uncertain(pixels: number): void {
    const next = pixels < smallest || pixels > biggest ? 0 : Math.round(pixels)
    if (next === this.radius) return
    this.radius = next
    this.halo.style.display = next === 0 ? 'none' : ''
    this.halo.style.width = this.halo.style.height = `${next * 2}px`
  }

  /** Names that would cover each other are left away. */
  named(yes: boolean): void {
    if (this.isNamed === yes) return
    this.isNamed = yes
    this.root.classList.toggle('unnamed', !yes)
  }

  /** The width of the name. To be asked of all markers before anything of the page changes: measuring makes the browser lay it out. */
  measure(): number {
    if (this.labelWidth === 0) this.labelWidth = this.label.offsetWidth
    return this.labelWidth
  }
}

function same(a: Look, b: Look): boolean {
  return (Object.keys(a) as (keyof Look)[]).every((k) => a[k] === b[k])
}
