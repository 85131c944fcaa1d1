import { drawing, el, moveTo } from './dom'
import type { LngLat } from './geo'
import type { Ground } from './ground'

export type PinKind = 'goal' | 'waypoint' | 'meeting' | 'chosen' | 'area' | 'picked' | 'sos'

export interface Pin {
  id: string
  kind: PinKind
  at: LngLat
  /** A name, or a number for a waypoint. */
  text: string
}

const shapes: Partial<Record<PinKind, string>> = {
  goal: 'M6 21V4M6 5c4-2.500 7.500 2.500 12 0v8.500c-4.500 2.500-8-2.500-12 0',
  meeting: 'M12 7.500v9M7.500 12h9',
  chosen: 'M5.500 12.500l4.200 4.200L18.500 7.500',
  sos: 'M12 5v9M12 18.500v.01',
  picked: 'M12 21V12M12 12a4.200 4.200 0 1 0 0-8.400 4.200 4.200 0 0 0 0 8.400z',
}

/** Places that stand still: the destination, waypoints, meeting points, names of areas. */
export class Pins {
  private readonly shown = new Map<string, { pin: Pin; root: HTMLElement }>()

  constructor(private readonly ground: Ground) {}

  set(pins: readonly Pin[]): void {
    const ids = new Set(pins.map((p) => p.id))
    for (const [id, { root }] of this.shown) {
      if (ids.has(id)) continue
      root.remove()
      this.shown.delete(id)
    }
    for (const pin of pins) {
      const old = this.shown.get(pin.id)
      if (old && old.pin.text === pin.text && old.pin.kind === pin.kind) {
        old.pin = pin
        continue
      }
      old?.root.remove()
      const root = draw(pin)
      this.ground.layer.append(root)
      this.shown.set(pin.id, { pin, root })
    }
    this.place()
  }

  places(): LngLat[] {
    return [...this.shown.values()].filter(({ pin }) => pin.kind === 'goal' || pin.kind === 'waypoint' || pin.kind === 'sos').map(({ pin }) => pin.at)
  }

  /** Puts all pins where they belong. */
  place(): void {
    for (const { pin, root } of this.shown.values()) {
      const at = this.ground.project(pin.at)
      const inside = this.ground.sees(at, 150)
      root.style.display = inside ? '' : 'none'
      if (inside) moveTo(root, at.x, at.y)
    }
  }
}

function draw(pin: Pin): HTMLElement {
  const root = el('div', `wm-pin ${pin.kind}`)
  const shape = shapes[pin.kind]
  if (pin.kind === 'waypoint') root.append(el('span', 'wm-pin-face', pin.text))
  else if (shape) root.append(el('span', 'wm-pin-face', drawing('', '0 0 24 24', shape)))
  if (pin.kind !== 'waypoint' && pin.text) root.append(el('span', 'wm-pin-text', pin.text))
  return root
}
