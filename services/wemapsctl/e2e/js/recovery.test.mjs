// Connection state recovery, as the official client does it: socket.recovered
// and nothing missed, nothing doubled.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect, count, createRoom, heard, join, signIn, unique } from './client.mjs';

const other = process.env.WEMAPS_OTHER_URL;
const sockets = [];
after(() => sockets.forEach((s) => s.close()));
const open = async (user) => {
  const s = await connect(user);
  sockets.push(s);
  return s;
};

async function pair() {
  const [ana, bor] = [await signIn(), await signIn()];
  const room = await createRoom(ana);
  await join(bor, room);
  return { ana, bor, room, a: await open(ana), b: await open(bor) };
}

const say = async (socket, room) => {
  const content = unique('text');
  socket.emit('send-message', { roomId: room.id, content });
  await heard(socket, 'new-message', (m) => m.content === content);
  return content;
};

// back connects again and tells what was heard before 'connect'.
function back(socket, url) {
  const from = socket.heard.length;
  if (url) socket.io.uri = url;
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket.heard.slice(from).filter((h) => h.event === 'new-message').map((h) => h.args[0].content)));
    socket.once('connect_error', reject);
    socket.connect();
  });
}
const drop = (socket) =>
  new Promise((resolve) => {
    socket.once('disconnect', resolve);
    socket.io.engine.close();
  });
const once = (socket, content) => assert.equal(count(socket, 'new-message', (m) => m.content === content), 1, content);

for (const [where, url] of [['the same edge', undefined], ['the other edge', other]]) {
  test(`what was missed comes before connect, on ${where}`, async () => {
    const { a, b, room } = await pair();
    assert.equal(a.recovered, false);
    const { id } = a;
    const first = await say(b, room);
    await heard(a, 'new-message', (m) => m.content === first);
    await drop(a);
    const missed = [await say(b, room), await say(b, room), await say(b, room)];
    const got = await back(a, url);
    assert.equal(a.recovered, true);
    assert.equal(a.id, id, 'the official server keeps the id, too');
    assert.deepEqual(got, missed);
    const next = await say(b, room);
    await heard(a, 'new-message', (m) => m.content === next);
    const own = await say(a, room);
    for (const m of [first, ...missed, next, own]) once(a, m);
    await drop(a); // its own message was the last that it heard
    const late = await say(b, room);
    assert.deepEqual(await back(a), [late]);
    assert.equal(a.recovered, true);
    assert.equal(a.id, id);
  });
}

test('a ping does not spoil the offset', async () => {
  const { a, b, room } = await pair();
  const first = await say(b, room);
  await heard(a, 'new-message', (m) => m.content === first);
  a.emit('ping', {});
  await heard(a, 'pong');
  await drop(a);
  const missed = await say(b, room);
  assert.deepEqual(await back(a, other), [missed]);
  assert.equal(a.recovered, true);
});

test('back while the room talks: no gap, no double', async () => {
  const { a, b, room } = await pair();
  const { id } = a;
  const all = [await say(b, room)];
  await heard(a, 'new-message', (m) => m.content === all[0]);
  let talking = true;
  const talk = (async () => {
    while (talking) {
      all.push(await say(b, room));
      await new Promise((r) => setTimeout(r, 110)); // within the limit on chat
    }
  })();
  for (let i = 0; i < 6; i++) {
    await drop(a);
    await new Promise((r) => setTimeout(r, 150));
    await back(a, i % 2 ? process.env.WEMAPS_URL : other);
    assert.equal(a.recovered, true, `round ${i}`);
    assert.equal(a.id, id, `round ${i}`);
    await new Promise((r) => setTimeout(r, 150));
  }
  talking = false;
  await talk;
  await heard(a, 'new-message', (m) => m.content === all.at(-1));
  assert.deepEqual(a.heard.filter((h) => h.event === 'new-message').map((h) => h.args[0].content), all);
});

test('too late, or somebody else: an ordinary connect', async () => {
  const { a, b, ana, bor, room } = await pair();
  const first = await say(b, room);
  await heard(a, 'new-message', (m) => m.content === first);
  const { id } = a;
  await drop(a);
  await say(b, room);
  a.auth = { token: bor.token };
  assert.deepEqual(await back(a), []);
  assert.equal(a.recovered, false);
  assert.notEqual(a.id, id);
  await drop(a);
  a.auth = { token: ana.token };
  assert.deepEqual(await back(a), []);
  assert.equal(a.recovered, false);
  const next = await say(b, room);
  await heard(a, 'new-message', (m) => m.content === next);
  await drop(a);
  await say(b, room);
  await new Promise((r) => setTimeout(r, 3500)); // the window is 3 s here
  assert.deepEqual(await back(a), []);
  assert.equal(a.recovered, false);
});
