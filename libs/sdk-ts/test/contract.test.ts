// The contract, against a real edge: WEMAPS_URL says where it is. The end-to-end tests of the project start one.
import { connect, createServer, type Socket } from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { WeMaps, WeMapsError, type ChatMessage, type Live, type LiveRoom, type PendingMessage, type Room } from '../src/index.js'

const url = process.env.WEMAPS_URL

let counter = 0
const unique = (name: string) => `${name} ${process.pid}-${Date.now() % 1e6}-${++counter}`

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`${what}: not within 40 s`)
    await new Promise((go) => setTimeout(go, 10))
  }
}

/** Cuts the connection as a network does: nobody says goodbye. */
function cut(live: Live): void {
  const engine = (live as unknown as { socket: { io: { engine: { transport: { ws?: { terminate?: () => void; close(): void } } } } } }).socket.io.engine
  const ws = engine.transport.ws
  if (ws?.terminate) ws.terminate()
  else ws?.close()
}

/** A way to the edge that can fall silent, as one does for a laptop that sleeps: nothing comes through, nobody is told. */
async function frozenWay(): Promise<{ url: string; freeze(): void }> {
  const { hostname, port } = new URL(url!)
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const s of [near, far]) {
      open.add(s)
      s.on('error', () => undefined)
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    for (const s of open) s.destroy()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    freeze() {
      for (const s of open) {
        s.unpipe()
        s.pause()
      }
    },
  }
}

interface Friend {
  wm: WeMaps
  live: Live
  room: LiveRoom
  heard: ChatMessage[]
}

async function friends(n: number): Promise<{ room: Room; all: Friend[] }> {
  const all: Friend[] = []
  let room: Room | undefined
  for (let i = 0; i < n; i++) {
    const wm = new WeMaps({ url: url! })
    await wm.api.signIn(unique('friend'))
    if (room) await wm.api.joinRoom({ roomCode: room.roomCode })
    else room = await wm.api.createRoom({ name: 'Trip to the lake', destinationName: 'Lake', destinationLat: 45.75, destinationLng: 14.36 })
    const live = wm.connect()
    onTestFinished(() => live.close())
    const liveRoom = live.room(room.id)
    const heard: ChatMessage[] = []
    liveRoom.on('message', (m) => heard.push(m))
    all.push({ wm, live, room: liveRoom, heard })
  }
  // Of somebody who is heard of before the room has answered no role is known yet.
  for (const f of all) await until('everybody is in', () => f.live.state === 'online' && f.room.details !== null && f.room.members.size === n)
  return { room: room!, all }
}

const said = (messages: readonly ChatMessage[]) => messages.filter((m) => !m.kind).map((m) => m.content)

describe.skipIf(!url)('against a real edge', { timeout: 120_000 }, () => {
  it('keeps a session, and says what is wrong', async () => {
    const stored = new Map<string, string>()
    const storage = { get: (k: string) => stored.get(k) ?? null, set: (k: string, v: string) => stored.set(k, v), remove: (k: string) => stored.delete(k) }
    const wm = new WeMaps({ url: url!, storage })
    await expect(wm.api.rooms()).rejects.toMatchObject({ code: 'TOKEN_REQUIRED' })
    const { user, isNewUser } = await wm.api.signIn(unique('Ana'))
    expect(isNewUser).toBe(true)
    const again = new WeMaps({ url: url!, storage })
    expect(again.user).toEqual(user)
    expect((await again.api.me()).id).toBe(user.id)
    await again.refresh()
    expect((await again.api.rename(unique('Anna'))).id).toBe(user.id)
    await expect(again.api.createRoom({ name: 'x', destinationName: '', destinationLat: 0, destinationLng: 0 })).rejects.toBeInstanceOf(WeMapsError)
    await again.api.signOut()
    expect(new WeMaps({ url: url!, storage }).user).toBeNull()
    await expect(wm.api.me()).rejects.toMatchObject({ status: 401 })
    await expect(new WeMaps({ url: 'http://127.0.0.1:9' }).api.signIn('Bob')).rejects.toMatchObject({ code: 'NETWORK' })
  })

  it('shows friends to each other', async () => {
    const { room, all: [ann, bob] } = await friends(2)
    const confirmed = await ann!.room.sendPosition({ latitude: 45.7515, longitude: 14.36, accuracy: 5 })
    expect(confirmed).toMatchObject({ latitude: 45.7515, verdict: 'accepted' })
    const id = ann!.wm.user!.id
    await until('bob sees ann', () => bob!.room.members.get(id)?.position?.latitude === 45.7515)
    expect(bob!.room.members.get(id)).toMatchObject({ online: true, role: 'owner', arrived: false })
    await ann!.room.sendPosition({ latitude: 45.75, longitude: 14.36, accuracy: 5 })
    await until('bob sees that ann has arrived', () => bob!.room.members.get(id)?.arrived === true)
    expect((await bob!.wm.api.navigation(room.id)).leaderId).toBe(id)
    await bob!.wm.api.leaveRoom(room.id)
    await until('ann sees that bob is gone', () => ann!.room.members.size === 1)
  })

  it('shows who is connected, to whoever comes later as well, and after one was away', async () => {
    const { room, all: [ann, bob] } = await friends(2)
    const sees = (f: Friend, other: Friend) => f.room.members.get(other.wm.user!.id)?.online
    await until('both see that the other is there', () => [[ann!, bob!], [bob!, ann!]].every(([a, b]) => sees(a!, b!)))
    const again = ann!.wm.connect() // as a page that is loaded anew
    onTestFinished(() => again.close())
    const late = again.room(room.id)
    await until('who comes later knows it, too', () => late.members.get(bob!.wm.user!.id)?.online === true)
    const gone = new Promise((go) => late.on('presence', (m) => m.userId === bob!.wm.user!.id && !m.online && go(true)))
    const lid = (ann!.live as unknown as { socket: { connect(): void; disconnect(): void } }).socket
    lid.disconnect()
    bob!.live.close()
    await gone
    expect(sees(ann!, bob!)).toBe(true) // who was away has not heard of it
    lid.connect()
    await until('and learns it', () => sees(ann!, bob!) === false)
  })

  it('tells whoever was away meanwhile that the room has ended, or is no longer theirs', async () => {
    const { room, all: [ann, bob, cem] } = await friends(3)
    const lids = [bob!, cem!].map((f) => (f.live as unknown as { socket: { connect(): void; disconnect(): void } }).socket)
    const reasons = [bob!, cem!].map((f) => new Promise((go, fail) => {
      f.room.on('closed', ({ reason }) => go(reason))
      f.room.on('error', fail)
    }))
    for (const lid of lids) lid.disconnect()
    await ann!.wm.api.removeMember(room.id, cem!.wm.user!.id)
    lids[1]!.connect()
    expect(await reasons[1]).toBe('removed')
    await ann!.wm.api.closeRoom(room.id)
    lids[0]!.connect()
    expect(await reasons[0]).toBe('closed')
    await expect(bob!.room.sendPosition({ latitude: 45, longitude: 14 })).rejects.toBeInstanceOf(WeMapsError)
  })

  it('says, edits, takes back, reacts, reads', async () => {
    const { all: [ann, bob] } = await friends(2)
    const sent = ann!.room.send('hello')
    expect(sent.state).toBe('pending')
    await until('it is stored', () => sent.state === 'sent')
    await until('bob hears it', () => said(bob!.room.messages).includes('hello'))
    const m = bob!.room.messages.find((x) => x.content === 'hello')!
    await ann!.room.edit(m.id, 'hello, Bob')
    await bob!.room.react(m.id, '👍')
    await until('both see the change', () => [ann!, bob!].every((f) => f.room.messages.some((x) => x.content === 'hello, Bob' && x.reactions?.length === 1)))
    await expect(bob!.room.edit(m.id, 'mine')).rejects.toBeInstanceOf(WeMapsError)
    await ann!.room.remove(m.id)
    await until('it is gone for both', () => [ann!, bob!].every((f) => f.room.messages.some((x) => x.id === m.id && x.deletedAt && x.content === '')))
    const tooLong = ann!.room.send('x'.repeat(2001))
    await until('it is refused', () => tooLong.state === 'failed')
    expect(tooLong.error?.code).toBeTruthy()
    let receipt = 0
    ann!.room.on('receipt', (r) => (receipt = r.seq))
    bob!.room.read(bob!.room.lastSeq)
    await until('ann knows that bob has read it', () => receipt === ann!.room.lastSeq)
  })

  it('misses nothing and hears nothing twice when connections are cut in mid-conversation', async () => {
    const { all } = await friends(3)
    const want: string[] = []
    const sent: PendingMessage[] = []
    for (let i = 0; i < 60; i++) {
      const f = all[i % 3]!
      want.push(`message ${i}`)
      sent.push(f.room.send(`message ${i}`))
      if (i % 10 === 5) cut(all[(i / 5) % 3 | 0]!.live)
      await new Promise((go) => setTimeout(go, 25))
    }
    await until('all are stored', () => sent.every((m) => m.state === 'sent'))
    const newest = () => Math.max(...all.map((f) => f.room.lastSeq))
    await until('all have heard all', () => all.every((f) => f.room.lastSeq === newest() && said(f.heard).length === want.length))
    const order = said(all[0]!.heard)
    for (const f of all) {
      expect(said(f.heard)).toEqual(order)
      expect([...said(f.heard)].sort()).toEqual([...want].sort())
      f.room.messages.forEach((m, i, list) => i && expect(m.seq).toBe(list[i - 1]!.seq + 1))
    }
    for (let from = 0; from < 3; from++) { // nobody's messages have swapped
      expect(order.filter((t) => Number(t.split(' ')[1]) % 3 === from)).toEqual(want.filter((_, i) => i % 3 === from))
    }
  })

  it('finds out that its connection has died in its sleep', async () => {
    const way = await frozenWay()
    const wm = new WeMaps({ url: way.url })
    await wm.api.signIn(unique('sleeper'))
    const room = await wm.api.createRoom({ name: 'Trip to the lake', destinationName: 'Lake', destinationLat: 45.75, destinationLng: 14.36 })
    const live = wm.connect()
    onTestFinished(() => live.close())
    const states: string[] = []
    live.on('state', (s) => states.push(s))
    const liveRoom = live.room(room.id)
    await until('it is in', () => live.state === 'online' && liveRoom.details !== null)
    await live.wake()
    expect(states).toEqual(['online']) // a connection that lives is left alone
    way.freeze()
    const said = liveRoom.send('are you there?')
    const before = Date.now()
    await live.wake()
    await until('it is back', () => live.state === 'online' && said.state === 'sent')
    expect(states).toEqual(['online', 'offline', 'online'])
    expect(Date.now() - before).toBeLessThan(30_000) // the server would say nothing for 45 s
    expect(liveRoom.pending).toEqual([])
    const shown = () => liveRoom.messages.filter((m) => m.content === 'are you there?').length
    await until('the first page is there', () => shown() > 0) // it may not have come before
    expect(shown()).toBe(1)
  })

  it('pauses, is shown roughly, and asks', async () => {
    const { all: [ann, bob] } = await friends(2)
    const seen = () => bob!.room.members.get(ann!.wm.user!.id)!
    await ann!.room.sendPosition({ latitude: 45.7533, longitude: 14.36, accuracy: 5 })
    await until('bob sees ann', () => seen().position?.latitude === 45.7533)
    await ann!.room.pause()
    await until('bob sees her no more', () => seen().paused && !seen().position)
    await ann!.room.resume()
    await ann!.room.setPrecision('approximate')
    await until('bob knows', () => !seen().paused && seen().precision === 'approximate')
    await ann!.room.sendPosition({ latitude: 45.7533, longitude: 14.36, accuracy: 5 })
    await until('bob sees about where she is', () => seen().position !== undefined)
    expect(seen().position).toMatchObject({ precision: 'approximate' })
    expect(seen().position?.latitude).not.toBe(45.7533)
    let asked = ''
    ann!.room.on('asked', (x) => (asked = x.askedByName))
    bob!.room.on('asked', () => (asked = 'the wrong one'))
    await bob!.room.askLocation(ann!.wm.user!.id)
    await until('ann is asked', () => asked !== '')
    expect(asked).toBe(bob!.wm.user!.name)
    expect((await ann!.wm.api.sharing(ann!.room.id)).sharing).toMatchObject({ paused: false, precision: 'approximate' })
  })

  it('loads older pages', async () => {
    const { room, all: [ann] } = await friends(1)
    for (let i = 0; i < 25; i++) await ann!.wm.api.sendMessage(room.id, { content: `old ${i}` })
    const wm = ann!.wm
    const live = wm.connect()
    onTestFinished(() => live.close())
    const again = live.room(room.id)
    await until('the newest page is there', () => again.messages.length > 0)
    while (again.hasMore) await again.history({ limit: 5 })
    await until('the first message is there', () => said(again.messages)[0] === 'old 0')
  })

  it('ends a room for all', async () => {
    const { room, all: [ann, bob] } = await friends(2)
    let why = ''
    bob!.room.on('closed', ({ reason }) => (why = reason))
    await ann!.wm.api.closeRoom(room.id)
    await until('bob hears of the end', () => why === 'closed')
  })

  it('shares a route, geofences and meeting points', async () => {
    const { room, all } = await friends(2)
    const [ann, bob] = all as [Friend, Friend]
    const heard: unknown[] = []
    bob.room.on('route', (r) => heard.push(r.removed ? 'no route' : r.route))
    bob.room.on('meeting-points', (m) => heard.push(m.meetingPoints.map((p) => p.name)))
    bob.room.on('geofence', (g) => heard.push(`${g.what} ${g.geofenceName}`))
    await expect(bob.wm.api.setRoute(room.id, {})).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await bob.wm.api.routeIfAny(room.id)).toBeNull()
    const route = await ann.wm.api.setRoute(room.id, { type: 'LineString', coordinates: [[14.36, 45.7], [14.36, 45.75]] }, 'By the lake')
    expect(route).toMatchObject({ name: 'By the lake', pointCount: 2, followsRoom: true, simplified: true })
    const gpx = '<gpx version="1.1"><trk><trkseg><trkpt lat="45.7" lon="14.36"/><trkpt lat="45.72" lon="14.36"/><trkpt lat="45.75" lon="14.36"/></trkseg></trk></gpx>'
    await ann.wm.api.setRoute(room.id, gpx)
    expect((await bob.wm.api.routeIfAny(room.id))?.geometry.coordinates.length).toBeGreaterThan(1)
    expect((await bob.wm.api.route(room.id, true)).geometry.coordinates).toHaveLength(3)
    const fence = await ann.wm.api.addGeofence(room.id, { name: 'Camp', kind: 'circle', center: [14.36, 45.72], radius: 300 })
    expect(await bob.wm.api.geofences(room.id)).toEqual([fence])
    await until('bob is in the camp', () => {
      void bob.room.sendPosition({ latitude: 45.72, longitude: 14.36, accuracy: 5 }).catch(() => undefined)
      return heard.includes('entered Camp')
    })
    const point = await bob.wm.api.proposeMeetingPoint(room.id, { name: 'Jetty', latitude: 45.74, longitude: 14.35 })
    await until('bob hears of the point', () => JSON.stringify(heard).includes('["Jetty"]'))
    expect(await ann.wm.api.meetAt(room.id, point)).toMatchObject({ destinationName: 'Jetty' })
    await bob.wm.api.removeMeetingPoint(room.id, point.id)
    await ann.wm.api.removeGeofence(room.id, fence.id)
    await ann.wm.api.removeRoute(room.id)
    await until('the route is gone', () => heard.includes('no route'))
  })

  it('calls for help, and knows which calls are open', async () => {
    const { room, all } = await friends(2)
    const [ann, bob] = all as [Friend, Friend]
    await ann.room.sendPosition({ latitude: 45.7, longitude: 14.3, accuracy: 9 })
    const call = await ann.room.callForHelp('Lost my way')
    expect(call).toMatchObject({ state: 'open', message: 'Lost my way', position: { latitude: 45.7, longitude: 14.3, accuracy: 9 } })
    await until('bob knows', () => bob.room.sos.has(call.id))
    cut(bob.live)
    await until('bob is away', () => bob.live.state !== 'online')
    expect(await ann.room.callForHelp('Still lost')).toMatchObject({ id: call.id, message: 'Still lost' })
    await until('bob is back and knows', () => bob.room.sos.get(call.id)?.message === 'Still lost')
    await bob.room.answerSOS(call.id, 'I come')
    await until('nobody has an open call', () => ann.room.sos.size === 0 && bob.room.sos.size === 0)
    await expect(bob.room.cancelSOS(call.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await bob.wm.api.sos(room.id)).toEqual([])
  })

  it('believes what it hears, and not an answer that is older', async () => {
    const { all } = await friends(2)
    const [ann, bob] = all as [Friend, Friend]
    const id = ann.wm.user!.id
    const { api } = bob.wm
    const { sos, sharing } = api
    let late: () => void = () => undefined
    const untilHeard = new Promise<void>((go) => (late = go))
    let answers = 0
    const slow = <T>(ask: (roomId: string) => Promise<T>) => async (roomId: string) => {
      const answer = await ask.call(api, roomId)
      answers++
      await untilHeard
      return answer
    }
    const ended: string[] = []
    bob.room.on('sos-ended', (c) => ended.push(c.id))
    const call = await ann.room.callForHelp()
    await until('bob knows', () => bob.room.sos.has(call.id))
    api.sos = slow(sos)
    api.sharing = slow(sharing)
    cut(bob.live)
    await until('bob is back, and what he asked is answered', () => answers === 2)
    await ann.room.pause()
    await ann.room.cancelSOS(call.id)
    const second = await ann.room.callForHelp()
    await until('bob hears of it all', () => ended.includes(call.id) && bob.room.members.get(id)?.paused === true && bob.room.sos.has(second.id))
    const taken = vi.spyOn(bob.room as unknown as { calls(): void }, 'calls')
    late()
    await until('the answers are taken', () => taken.mock.calls.length > 0)
    expect([...bob.room.sos.keys()]).toEqual([second.id])
    expect(bob.room.members.get(id)?.paused).toBe(true)
  })

  it('keeps zones and tracks, and gives them back as files', async () => {
    const { room, all: [ann, bob] } = await friends(2)
    const { api } = ann!.wm
    const zone = await api.createPrivacyZone({ name: 'Home', latitude: 45.7, longitude: 14.3, radius: 200 })
    expect(await api.privacyZones()).toEqual([zone])
    await api.deletePrivacyZone(zone.id)
    expect(await api.privacyZones()).toEqual([])
    await expect(api.setRecording(room.id, { mine: true })).rejects.toMatchObject({ code: 'RECORDING_NOT_ALLOWED' })
    expect(await api.setRecording(room.id, { roomAllows: true, mine: true })).toMatchObject({ roomAllows: true, mine: true })
    for (const latitude of [45.7, 45.701, 45.702]) await ann!.room.sendPosition({ latitude, longitude: 14.3, accuracy: 5 })
    await until('something was recorded', async () => (await api.ownTracks()).recorded.some((d) => d.roomId === room.id))
    expect(await api.exportTrack(room.id)).toContain('<trkpt')
    await expect(bob!.wm.api.exportTrack(room.id)).rejects.toMatchObject({ code: 'TRACK_NOT_FOUND' })
    const gpx = '<gpx version="1.1"><trk><name>Walk</name><trkseg><trkpt lat="45.7" lon="14.36"/><trkpt lat="45.71" lon="14.36"/></trkseg></trk></gpx>'
    const track = await api.importTrack(gpx)
    expect(await api.importTrack(gpx)).toEqual(track)
    expect(track).toMatchObject({ name: 'Walk', points: 2 })
    expect(JSON.parse(await api.exportImportedTrack(track.id, 'geojson'))).toMatchObject({ type: 'FeatureCollection' })
    await api.eraseOwnTracks()
    expect(await api.ownTracks()).toEqual({ recorded: [], imported: [] })
  })

  it('edits the text that it knows, and no other', async () => {
    const [ann] = (await friends(1)).all as [Friend]
    ann.room.send('one')
    await until('it is stored', () => ann.room.messages.some((m) => m.content === 'one'))
    const m = ann.room.messages.find((x) => x.content === 'one')!
    await ann.room.edit(m.id, 'two')
    // What was meant for the first text, and comes late, does not replace the second.
    await expect(ann.live.ask('edit-message', { roomId: ann.room.id, messageId: m.id, content: 'three', basedOn: m.timestamp })).rejects.toMatchObject({ code: 'MESSAGE_CHANGED' })
    await until('the edit is known', () => ann.room.messages.some((x) => x.content === 'two'))
    await ann.room.edit(m.id, 'four')
    await until('the last one is there', () => ann.room.messages.some((x) => x.content === 'four'))
  })
})
