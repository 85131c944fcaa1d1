const svgNs = 'http://www.w3.org/2000/svg'

/** An element with classes and children. Text is only ever text. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  e.className = className
  e.append(...children)
  return e
}

/** A drawing of one path. */
export function drawing(className: string, viewBox: string, d: string): SVGSVGElement {
  const svg = document.createElementNS(svgNs, 'svg')
  svg.setAttribute('class', className)
  svg.setAttribute('viewBox', viewBox)
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(svgNs, 'path')
  path.setAttribute('d', d)
  svg.append(path)
  return svg
}

/** Moves an element that is at the left upper corner; centred elements are centred by their style. */
export function moveTo(e: HTMLElement, x: number, y: number): void {
  e.style.transform = shift(x, y)
}

/** In whole pixels of the screen: between them, text would be blurred. */
export const shift = (x: number, y: number): string => `translate(${whole(x)}px,${whole(y)}px)`
const whole = (n: number) => Math.round(n * devicePixelRatio) / devicePixelRatio
