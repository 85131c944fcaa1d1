import { effect, signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'

import { t } from '../i18n'
import type { Place } from '../place'
import { ownPosition } from '../position'
import { codeIsMissing } from '../state/version'
import { IconButton } from '../ui/kit'
import { cornerFor } from './corners'
import type { Engine, EngineOptions } from './engine'
import type { LngLat } from './geo'
import { link, type Wishes } from './link'
import './map.css'
import type { MapProps, Theme } from './types'

/** The map of a room: everybody who is on the way, and where they are going. */
export function MapView(props: MapProps) {
  const { room, meId = null, focus, overlays, places } = props
  const latest = useRef(props)
  latest.current = props
  const selected = useRef<string | null>(null)
  const linked = useRef<ReturnType<typeof link> | null>(null)
  const { box, frame, engine, failed } = useEngine(props.theme, {
    onPress: (id) => {
      select(id)
      latest.current.onSelect?.(id)
    },
    onTap: (lat, lng) => latest.current.onPick?.(lat, lng),
  })

  const select = (id: string | null) => {
    selected.current = id
    if (id) engine?.follow(id)
    linked.current?.refresh()
  }
  useEffect(() => {
    if (!engine) return
    const wishes = (): Wishes => ({
      meId: latest.current.meId ?? null,
      places: latest.current.places ?? null,
      selected: selected.current,
      sos: new Set(latest.current.overlays?.peek().sos ?? []),
    })
    const l = (linked.current = link(engine, room, wishes))
    return () => {
      l.close()
      linked.current = null
    }
  }, [engine, room, meId])
  useEffect(() => linked.current?.refresh(), [places])
  useEffect(() => {
    if (focus) select(focus.userId)
  }, [engine, focus])
  useEffect(() => {
    if (!overlays || !engine) return
    return effect(() => {
      engine.setOverlays(overlays.value)
      linked.current?.refresh()
    })
  }, [engine, overlays])

  const following = engine?.camera.aim.value ?? { at: 'free' }
  useEffect(() => {
    // Who turns to everybody, or moves the map, looks at nobody in particular any more.
    if (following.at === 'all') select(null)
  }, [following.at])

  return (
    <div class={`wm-map ${props.onPick ? 'picking' : ''}`}>
      <div class="wm-canvas" ref={box} />
      <div class="wm-frame" ref={frame}>
        {failed && <p class="wm-failed" role="status">{t(failed)}</p>}
        {engine && (
          <div class="wm-controls" role="group" aria-label={t('map.controls')}>
            {meId && ownPosition.reading.value && (
              <IconButton icon="locate" label={t('map.followMe')} aria-pressed={following.at === 'one' && following.userId === meId} onClick={() => select(meId)} />
            )}
            <IconButton icon="people" label={t('map.fitAll')} aria-pressed={following.at === 'all'} onClick={() => engine.fitAll()} />
            <IconButton icon="plus" label={t('map.zoomIn')} onClick={() => engine.zoom(1)} />
            <IconButton icon="minus" label={t('map.zoomOut')} onClick={() => engine.zoom(-1)} />
          </div>
        )}
      </div>
    </div>
  )
}

/** A map on which a place is chosen. */
export function PlacePicker({ place, start, radius, onPick, theme }: {
  place: Place | null
  /** Where to look as long as there is no place. */
  start?: Place
  /** Metres, shown around the place. */
  radius?: number
  onPick: (p: Place) => void
  theme?: MapProps['theme']
}) {
  const latest = useRef(onPick)
  latest.current = onPick
  const { box, frame, engine, failed } = useEngine(theme, { onPress: () => undefined, onTap: (lat, lng) => latest.current({ lat, lng }) })
  const first = useRef(true)
  useEffect(() => {
    if (!engine) return
    const zoom = radius ? Math.min(16, 14 - Math.log2(radius / 300)) : 11
    if (!place) {
      if (start) engine.look([start.lng, start.lat], zoom)
      return
    }
    engine.setPins([{ id: 'picked', kind: 'picked', at: [place.lng, place.lat], text: '' }])
    if ((first.current && !start) || !engine.shows([place.lng, place.lat])) engine.look([place.lng, place.lat], zoom)
    first.current = false
  }, [engine, place?.lat, place?.lng])
  useEffect(() => {
    engine?.setOverlays({ geofences: place && radius ? [{ id: 'picked', name: '', center: { latitude: place.lat, longitude: place.lng }, radius }] : [] })
  }, [engine, place?.lat, place?.lng, radius])
  return (
    <div class="wm-map picking">
      <div class="wm-canvas" ref={box} />
      <div class="wm-frame" ref={frame}>
        {failed && <p class="wm-failed" role="status">{t(failed)}</p>}
        {engine && (
          <div class="wm-controls" role="group" aria-label={t('map.controls')}>
            <IconButton icon="plus" label={t('map.zoomIn')} onClick={() => engine.zoom(1)} />
            <IconButton icon="minus" label={t('map.zoomOut')} onClick={() => engine.zoom(-1)} />
            <IconButton icon="pin" label={t('map.pickMiddle')} onClick={() => {
              const { lat, lng } = engine.middle()
              onPick({ lat, lng })
            }} />
          </div>
        )}
      </div>
    </div>
  )
}

/** A map on which the corners of a shape are moved, added and removed. */
export function ShapePicker({ ring, start, onChange, theme }: {
  ring: readonly LngLat[]
  /** Where to look as long as there is no shape. */
  start: Place
  onChange: (ring: readonly LngLat[]) => void
  theme?: MapProps['theme']
}) {
  const [chosen, setChosen] = useState<number | null>(null)
  const latest = useRef({ ring, onChange })
  latest.current = { ring, onChange }
  const change = (next: readonly LngLat[]) => {
    latest.current.ring = next // a finger is faster than the page
    latest.current.onChange(next)
  }
  const add = (i: number, at: LngLat) => {
    change(latest.current.ring.toSpliced(i, 0, at))
    setChosen(i)
  }
  const tap = (at: LngLat) => add(cornerFor(latest.current.ring, at), at)
  const { box, frame, engine, failed } = useEngine(theme, {
    onPress: () => undefined,
    onTap: (lat, lng) => tap([lng, lat]),
    onCorners: {
      move: (i, to) => {
        change(latest.current.ring.with(i, to))
        setChosen(i)
      },
      add,
      press: (i) => setChosen((c) => (c === i ? null : i)),
    },
  })
  useEffect(() => {
    if (ring.length > 0) engine?.lookAt(ring)
    else engine?.look([start.lng, start.lat], 14)
  }, [engine])
  useEffect(() => engine?.setShape(ring, chosen), [engine, ring.join(), chosen])
  return (
    <div class="wm-map picking">
      <div class="wm-canvas" ref={box} />
      <div class="wm-frame" ref={frame}>
        {failed && <p class="wm-failed" role="status">{t(failed)}</p>}
        {engine && (
          <div class="wm-controls" role="group" aria-label={t('map.controls')}>
            {chosen !== null && chosen < ring.length && (
              <IconButton icon="trash" label={t('map.removeCorner')} onClick={() => {
                setChosen(null)
                change(ring.toSpliced(chosen, 1))
              }} />
            )}
            <IconButton icon="plus" label={t('map.zoomIn')} onClick={() => engine.zoom(1)} />
            <IconButton icon="minus" label={t('map.zoomOut')} onClick={() => engine.zoom(-1)} />
            <IconButton icon="pin" label={t('map.addMiddle')} onClick={() => {
              const { lat, lng } = engine.middle()
              tap([lng, lat])
            }} />
          </div>
        )}
      </div>
    </div>
  )
}

const dark = matchMedia('(prefers-color-scheme: dark)')
const systemTheme = signal<Theme>(dark.matches ? 'dark' : 'light')
dark.addEventListener('change', () => (systemTheme.value = dark.matches ? 'dark' : 'light'))

/** The map library is larger than all the rest of the page: it comes by itself, after what can be read. */
function useEngine(theme: MapProps['theme'], on: Pick<EngineOptions, 'onPress' | 'onTap' | 'onCorners'>) {
  const box = useRef<HTMLDivElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const [engine, setEngine] = useState<Engine | null>(null)
  const [failed, setFailed] = useState<'map.failed' | 'map.noWebgl' | null>(null)
  const handlers = useRef(on)
  handlers.current = on
  useEffect(() => {
    let made: Engine | null = null
    let gone = false
    const make = async () => {
      const { Engine } = await import('./engine')
      if (gone || !box.current || !frame.current) return
      try {
        made = new Engine({
          container: box.current,
          frame: frame.current,
          label: t('room.map'),
          theme: (theme ?? systemTheme).peek(),
          onPress: (id) => handlers.current.onPress(id),
          onTap: (lat, lng) => handlers.current.onTap(lat, lng),
          ...(on.onCorners && { onCorners: on.onCorners }),
        })
        setEngine(made)
      } catch {
        setFailed('map.noWebgl') // a browser without WebGL has the list of members
      }
    }
    make().catch(() => {
      setFailed('map.failed')
      void codeIsMissing()
    })
    return () => {
      gone = true
      made?.close()
      setEngine(null)
    }
  }, [])
  useEffect(() => {
    if (engine) return effect(() => engine.setTheme((theme ?? systemTheme).value))
    return undefined
  }, [engine, theme])
  return { box, frame, engine, failed }
}
