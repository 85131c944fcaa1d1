// What an existing app does, and nothing that it could not: REST with fetch,
// sockets with the official client.
import { io } from 'socket.io-client';

export const base = process.env.WEMAPS_URL;
if (!base) throw new Error('WEMAPS_URL is not set');

export async function rest(method, path, { token, body, headers, raw } = {}) {
  const res = await fetch(base + path, {
    method,
    headers: {
      ...(body !== undefined || raw !== undefined ? { 'content-type': 'application/json' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  const text = await res.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: res.status, headers: res.headers, text, json };
}

let counter = 0;
export const unique = (name) => `${name} ${process.pid}-${Date.now() % 100000}-${++counter}`;

export async function signIn(name = unique('user')) {
  const res = await rest('POST', '/api/auth/signin', { body: { name } });
  if (res.status !== 200) throw new Error(`sign-in: ${res.status} ${res.text}`);
  return { ...res.json.user, token: res.json.token };
}

export async function createRoom(owner, extra = {}) {
  const res = await rest('POST', '/api/rooms', {
    token: owner.token,
    body: { name: 'Trip to the lake', destinationName: 'Lake', destinationLat: 45.75, destinationLng: 14.36, ...extra },
  });
  if (res.status !== 201) throw new Error(`create room: ${res.status} ${res.text}`);
  return res.json.room;
}

export async function join(user, room) {
  const res = await rest('POST', '/api/rooms/join', { token: user.token, body: { roomCode: room.roomCode } });
  if (res.status !== 200) throw new Error(`join: ${res.status} ${res.text}`);
  return res.json;
}

// connect resolves with a socket that records everything it hears.
export function connect(user, options = {}) {
  const socket = io(base, { auth: { token: user?.token }, forceNew: true, reconnection: false, ...options });
  socket.heard = [];
  socket.onAny((event, ...args) => socket.heard.push({ event, args, at: Date.now() }));
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (err) => {
      socket.close();
      reject(err);
    });
  });
}

// heard waits until the socket has heard an event that matches, also if it
// came before the call.
export async function heard(socket, event, match = () => true, within = 5000) {
  const deadline = Date.now() + within;
  for (;;) {
    const hit = socket.heard.find((h) => h.event === event && match(h.args[0] ?? {}));
    if (hit) return hit.args[0];
    if (Date.now() > deadline) {
      throw new Error(`"${event}" did not come within ${within} ms; heard: ${JSON.stringify(socket.heard.map((h) => [h.event, h.args[0]])).slice(0, 1500)}`);
    }
    await new Promise((r) => setTimeout(r, 5));
  }
}

export const count = (socket, event, match = () => true) => socket.heard.filter((h) => h.event === event && match(h.args[0] ?? {})).length;

// settled waits until everything that was on its way to the socket is there:
// a ping goes through the same socket, a chat message through the same room.
export async function settled(socket) {
  const before = count(socket, 'pong');
  socket.emit('ping', {});
  const deadline = Date.now() + 5000;
  while (count(socket, 'pong') === before) {
    if (Date.now() > deadline) throw new Error('no pong within 5 s');
    await new Promise((r) => setTimeout(r, 5));
  }
}

// marker sends a chat message and waits until both have it: whatever was
// published to the room before has arrived by then.
export async function marker(sender, room, ...listeners) {
  const content = unique('marker');
  sender.emit('send-message', { roomId: room.id, content });
  await Promise.all([sender, ...listeners].map((s) => heard(s, 'new-message', (m) => m.content === content)));
}
