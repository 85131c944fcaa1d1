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
  // Tenths of a pixel are enough, and keep the text short that the browser has to read 60 times a second.
  e.style.transform = `translate(${Math.round(x * 10) / 10}px,${Math.round(y * 10) / 10}px)`
}
