// @vitest-environment happy-dom
import type { Confirmed } from '@wemaps/sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { Drive, readingAt } from './drive'
import { GeolocationSource, type Geo } from './geolocation'
import { metres, readTrack, TrackError } from './gpx'
import { OwnPosition, type Target } from './own'
import type { Reading } from './reading'
import { sampleTrack } from './sample'

const point = (lat: number | string, lon: number | string, time?: string, more = '') => `<trkpt lat="${lat}" lon="${lon}">${time ? `<time>${time}</time>` : ''}${more}</trkpt>`
const gpx = (...segments: string[]) =>
  `<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><name>To the lake</name>${segments.map((s) => `<trkseg>${s}</trkseg>`).join('')}</trk></gpx>`
const at = (s: number) => new Date(Date.UTC(2026, 0, 1) + s * 1000).toISOString()

describe('a made-up way', () => {
  it.each([[45.75, 14.36], [-33.9, 179.999], [-89, 0]])('ends at the destination %d, %d', (lat, lng) => {
    for (const from of [0, 120, 300]) {
      const t = sampleTrack({ lat, lng }, 'A way', from)
      const [first, last] = [t.points[0]!, t.points.at(-1)!]
      expect(metres(last, { latitude: lat, longitude: lng })).toBeLessThan(1)
      expect(metres(first, last)).toBeCloseTo(2500, -2)
      expect(t.duration / 1000).toBeCloseTo(t.length / 12, 0)
      expect(t.points.every((p, i) => Math.abs(p.longitude) <= 180 && Math.abs(p.latitude) <= 90 && (i === 0 || p.time > t.points[i - 1]!.time))).toBe(true)
    }
  })
})

describe('a GPX file', () => {
  it('gives a track with its times', () => {
    const t = readTrack(gpx(point(45, 14, at(0), '<ele>550.5</ele>') + point(45.001, 14, at(20)) + point(45.002, 14, at(40))))
    expect(t.name).toBe('To the lake')
    expect(t.points.map((p) => p.time)).toEqual([0, 20_000, 40_000])
    expect(t.points[0]!.altitude).toBe(550.5)
    expect(t.length).toBeCloseTo(222.4, 0)
    expect(t.duration).toBe(40_000)
  })

  it('without times is walked along', () => {
    const t = readTrack('<gpx><rte><rtept lat="45" lon="14"/><rtept lat="45.001" lon="14"/></rte></gpx>')
    expect(t.duration / 1000).toBeCloseTo(111.2 / 1.4, 0)
  })

  it('loses what cannot be: bad numbers, times that go back, leaps', () => {
    const t = readTrack(gpx(point(45, 14, at(0)) + point('45abc', 14, at(5)) + point(99, 14, at(6)) + point('Infinity', 14, at(6)) + point('0x10', 14, at(6)) + point(45.001, 14, at(-50)) + point(45.001, 14, at(20)) + point(46, 14, at(21))))
    expect(t.points.map((p) => p.latitude)).toEqual([45, 45.001, 46])
    expect(t.points[2]!.time).toBeGreaterThan(60_000) // 111 km in one second: that time is wrong
  })

  it('marks where nobody knows what was in between, and does not wait for days', () => {
    const t = readTrack(gpx(point(45, 14, at(0)) + point(45.001, 14, at(20)), point(45.002, 14, at(200_000)) + point(45.003, 14, at(200_020))))
    expect(t.points.map((p) => p.gap ?? false)).toEqual([false, false, true, false])
    expect(t.duration).toBe(20_000 + 3_600_000 + 20_000)
  })

  it.each([
    ['<gpx', 'not-gpx'],
    ['', 'not-gpx'],
    ['<html><body>lat</body></html>', 'not-gpx'],
    ['<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><gpx><trk><name>&b;</name></trk></gpx>', 'not-gpx'],
    [gpx(point(45, 14)), 'empty'],
    [gpx(''), 'empty'],
    [gpx(point('NaN', 14) + point(45, '')), 'empty'],
    [' '.repeat(20 * 1024 * 1024 + 1), 'too-big'],
  ])('is refused with a reason: %.40s', (text, code) => {
    expect(() => readTrack(text)).toThrow(expect.objectContaining({ code }))
    expect(() => readTrack(text)).toThrow(TrackError)
  })
})

describe('a drive', () => {
  const track = readTrack(gpx(Array.from({ length: 61 }, (_, i) => point(45 + i * 0.0001, 14, at(i))).join('')))
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
  afterEach(() => vi.useRealTimers())

  it('tells once a second where one is, how fast, and where to', () => {
    const heard: Reading[] = []
    const d = new Drive(track, (r) => heard.push(r), () => undefined)
    d.play()
    vi.advanceTimersByTime(10_050)
    expect(heard).toHaveLength(11)
    expect(heard[10]!.latitude).toBeCloseTo(45.001, 6)
    expect(heard[10]!.speed).toBeCloseTo(11.12, 1)
    expect(heard[10]!.heading).toBeCloseTo(0, 3)
    d.stop()
  })

  it('goes faster, waits, leaps and ends', () => {
    const heard: Reading[] = []
    let ended = false
    const d = new Drive(track, (r) => heard.push(r), (p) => (ended = p.ended))
    d.play()
    d.setSpeed(10)
    vi.advanceTimersByTime(2000)
    expect(d.at).toBeCloseTo(20_000, -2)
    d.pause()
    const said = heard.length
    vi.advanceTimersByTime(5000)
    expect(heard).toHaveLength(said)
    expect(d.at).toBeCloseTo(20_000, -2)
    d.seek(55_000)
    expect(heard.at(-1)!.latitude).toBeCloseTo(45.0055, 6)
    d.setSpeed(1000)
    expect(d.speed).toBe(60)
    d.play()
    vi.advanceTimersByTime(2000)
    expect(ended).toBe(true)
    expect(d.playing).toBe(false)
    expect(heard.at(-1)!.latitude).toBeCloseTo(45.006, 6)
  })

  it('crosses the date line, and waits where a segment ends', () => {
    const points = [{ latitude: 0, longitude: 179.999, time: 0 }, { latitude: 0, longitude: -179.999, time: 1000 }, { latitude: 1, longitude: 0, time: 2000, gap: true }]
    expect(Math.abs(readingAt(points, 500).longitude)).toBeCloseTo(180, 6)
    expect(readingAt(points, 1900).longitude).toBe(-179.999)
  })
})

describe('the browser’s position', () => {
  const failure = (code: number) => ({ code }) as GeolocationPositionError
  const position = (accuracy: number, extra = {}) =>
    ({ timestamp: Date.now() + 60_000, coords: { latitude: 45, longitude: 14, accuracy, speed: null, heading: Number.NaN, altitude: null, ...extra } }) as GeolocationPosition

  it('gives what is known, not from the future, and says why it does not', () => {
    let got: PositionCallback = () => undefined
    let no: PositionErrorCallback = () => undefined
    const cleared = vi.fn()
    const geo = { watchPosition: (a: PositionCallback, b: PositionErrorCallback) => ((got = a), (no = b), 7), clearWatch: cleared, getCurrentPosition: () => undefined } as unknown as Geo
    const heard: Reading[] = []
    const problems: string[] = []
    const s = new GeolocationSource((r) => heard.push(r), (p) => problems.push(p), geo, true)
    s.start()
    got(position(12, { speed: 3 }))
    expect(heard[0]).toEqual({ latitude: 45, longitude: 14, accuracy: 12, speed: 3, at: expect.any(Number) as number })
    expect(heard[0]!.at).toBeLessThanOrEqual(Date.now())
    no(failure(3))
    no(failure(2))
    no(failure(1))
    expect(problems).toEqual(['timeout', 'unavailable', 'denied'])
    expect(cleared).toHaveBeenCalledWith(7)
    got(position(12))
    expect(heard).toHaveLength(1)
  })

  it('asks for a browser that says nothing of who stands still', () => {
    vi.useFakeTimers()
    let moved: PositionCallback = () => undefined
    const asked = vi.fn((a: PositionCallback) => a(position(12)))
    const heard: Reading[] = []
    const s = new GeolocationSource((r) => heard.push(r), () => undefined, { watchPosition: (a: PositionCallback) => ((moved = a), 1), clearWatch: () => undefined, getCurrentPosition: asked } as unknown as Geo, true)
    s.start()
    vi.advanceTimersByTime(15_000)
    moved(position(12))
    vi.advanceTimersByTime(15_000)
    expect(asked).not.toHaveBeenCalled()
    vi.advanceTimersByTime(46_000)
    expect(asked).toHaveBeenCalledTimes(3)
    expect(heard).toHaveLength(4)
    s.stop()
    vi.advanceTimersByTime(60_000)
    expect(asked).toHaveBeenCalledTimes(3)
    vi.useRealTimers()
  })

  it('lets the receiver rest when it is rarely asked', () => {
    vi.useFakeTimers()
    const asked = vi.fn((a: PositionCallback) => a(position(12)))
    const cleared = vi.fn()
    const s = new GeolocationSource(() => undefined, () => undefined, { watchPosition: () => 1, clearWatch: cleared, getCurrentPosition: asked } as unknown as Geo, true)
    s.start()
    s.every(60_000)
    expect(cleared).toHaveBeenCalledWith(1)
    vi.advanceTimersByTime(180_500)
    expect(asked).toHaveBeenCalledTimes(4)
    s.stop()
    vi.advanceTimersByTime(180_000)
    expect(asked).toHaveBeenCalledTimes(4)
    vi.useRealTimers()
  })
})

describe('one’s own position', () => {
  const room = (answer: Partial<Confirmed> = {}) => {
    const sent: { latitude: number; recordedAt?: string }[] = []
    const target: Target = { id: Math.random().toString(), sendPosition: (fix) => (sent.push(fix), Promise.resolve({ timestamp: '', latitude: 0, longitude: 0, ...answer } as Confirmed)) }
    return { sent, target }
  }
  const shared = () => {
    let got: PositionCallback = () => undefined
    const geo = { watchPosition: (a: PositionCallback) => ((got = a), 7), clearWatch: () => undefined, getCurrentPosition: () => undefined } as unknown as Geo
    let own: OwnPosition | null = null
    own = new OwnPosition(new GeolocationSource((r) => take(r), () => undefined, geo, true))
    const take = (r: Reading) => (own as unknown as { take(r: Reading): void }).take(r)
    own.share()
    return { own, at: (latitude: number) => got({ timestamp: Date.now(), coords: { latitude, longitude: 14, accuracy: 5, speed: 1, heading: 0, altitude: null } } as GeolocationPosition) }
  }
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
  afterEach(() => vi.useRealTimers())

  it('goes to each open room as often as that wants it, and at once after a leap', async () => {
    const { own, at } = shared()
    const often = room()
    const rarely = room({ nextIntervalMs: 10_000 })
    own.attach(often.target)
    own.attach(rarely.target)
    for (let i = 0; i < 20; i++) {
      at(45 + i * 0.00001)
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(often.sent).toHaveLength(20)
    expect(rarely.sent).toHaveLength(3)
    expect(own.interval.value).toBe(1000)
    at(45.01)
    expect(rarely.sent).toHaveLength(4)
    expect(metres({ latitude: rarely.sent[3]!.latitude, longitude: 14 }, { latitude: 45.01, longitude: 14 })).toBe(0)
  })

  it('is told rarely while nobody looks, and at once when somebody comes', async () => {
    const { own, at } = shared()
    const alone = room({ nextIntervalMs: 120_000, intervalReason: 'unwatched' })
    const friends = new Map(['me', 'other'].map((userId) => [userId, { userId, online: userId === 'me' }]))
    own.attach({ ...alone.target, members: friends as unknown as NonNullable<Target['members']>, isMe: (id) => id === 'me' })
    at(45)
    await vi.advanceTimersByTimeAsync(2000)
    expect(own.interval.value).toBe(120_000)
    at(45.00001)
    expect(alone.sent).toHaveLength(1)
    friends.get('other')!.online = true
    own.watched(alone.target.id)
    at(45.00001) // the browser tells it who begins to watch
    await vi.advanceTimersByTimeAsync(2000)
    expect(alone.sent).toHaveLength(2)
    expect(own.interval.value).toBe(1000) // what the server said of nobody's looking was of before
  })

  it('is no more after it was stopped, or the room was left', async () => {
    const { own, at } = shared()
    const a = room()
    const detach = own.attach(a.target)
    at(45)
    detach()
    await vi.advanceTimersByTimeAsync(2000)
    at(45.1)
    expect(a.sent).toHaveLength(1)
    own.stop()
    expect(own.reading.value).toBeNull()
    const b = room()
    own.attach(b.target)
    expect(b.sent).toHaveLength(0)
  })

  it('drives along a file, and says what is wrong with another', async () => {
    const own = new OwnPosition()
    const a = room()
    own.attach(a.target)
    expect(await own.driveFile(new Blob(['<x/>']))).toBe(false)
    expect(own.problem.value).toBe('not-gpx')
    expect(await own.driveFile(new Blob([gpx(point(45, 14, at(0)) + point(45.001, 14, at(100)))]))).toBe(true)
    await vi.advanceTimersByTimeAsync(3500)
    expect(a.sent.length).toBeGreaterThanOrEqual(4)
    expect(own.drive.value).toMatchObject({ name: 'To the lake', playing: true, duration: 100_000, speed: 1 })
    own.stop()
    expect(own.drive.value).toBeNull()
  })
})
