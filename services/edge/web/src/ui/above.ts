import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** For an element with `popover="manual"`: above all else while it is `shown`, and again above what has opened since whenever `what` changes. */
export function useAbove(shown: boolean, what: unknown): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const p = place.current
    if (p?.matches(':popover-open')) p.hidePopover()
    if (shown) p?.showPopover()
  }, [what])
  return place
}
