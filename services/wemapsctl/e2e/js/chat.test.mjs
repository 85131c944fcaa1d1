// Everything that can be done with a message, with the official client and REST.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect, count, createRoom, heard, join, marker, rest, settled, signIn, unique } from './client.mjs';

const sockets = [];
after(() => sockets.forEach((s) => s.close()));
const open = async (user, options) => {
  const s = await connect(user, options);
  sockets.push(s);
  return s;
};

// trio is a room with an owner and two ordinary members, who all listen.
async function trio() {
  const [ana, bor, cene] = [await signIn(), await signIn(), await signIn()];
  const room = await createRoom(ana);
  await join(bor, room);
  await join(cene, room);
  return { ana, bor, cene, room, a: await open(ana), b: await open(bor), c: await open(cene) };
}

const within = (socket) => socket.timeout(5000);
const say = (socket, room, more = {}) => within(socket).emitWithAck('send-message', { roomId: room.id, content: unique('text'), ...more });
const call = (user, method, room, path, body) => rest(method, `/api/rooms/${room.id}/messages${path}`, { token: user.token, body });
const until = async (what, check, ms = 5000) => {
  const deadline = Date.now() + ms;
  for (let last; ; ) {
    if (await check((v) => (last = v))) return;
    assert.ok(Date.now() < deadline, `${what}: ${JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, 20));
  }
};

test('edit: its author, over sockets and REST', async () => {
  const { ana, bor, room, a, b } = await trio();
  const said = await say(b, room);
  const edited = await within(b).emitWithAck('edit-message', { roomId: room.id, messageId: said.id, content: '  better ' });
  assert.deepEqual([edited.id, edited.seq, edited.content, edited.rev, edited.timestamp], [said.id, said.seq, 'better', 1, said.timestamp]);
  assert.ok(edited.editedAt);
  assert.deepEqual(await heard(a, 'message-edited'), edited);
  assert.equal(count(b, 'message-edited'), 1, 'its author hears it once');
  const again = await call(bor, 'PATCH', room, `/${said.id}`, { content: 'best' });
  assert.deepEqual([again.status, again.json.message.rev], [200, 2]);
  assert.equal((await heard(a, 'message-edited', (m) => m.rev === 2)).content, 'best');

  const refused = await within(a).emitWithAck('edit-message', { roomId: room.id, messageId: said.id, content: 'mine' });
  assert.equal(refused.code, 'FORBIDDEN', 'not even the owner');
  const over = await call(ana, 'PATCH', room, `/${said.id}`, { content: 'mine' });
  assert.deepEqual([over.status, over.json.code], [403, 'FORBIDDEN']);
  assert.equal((await call(bor, 'PATCH', room, `/${said.id}`, { content: ' ' })).json.code, 'VALIDATION_ERROR');
  assert.equal((await call(bor, 'PATCH', room, '/018f3e1c-0000-7000-8000-000000000000', { content: 'x' })).json.code, 'MESSAGE_NOT_FOUND');
});

test('delete: its author, or owner and admin', async () => {
  const { ana, bor, cene, room, a, b, c } = await trio();
  const [one, two, three] = [await say(b, room), await say(b, room), await say(b, room)];
  assert.equal((await within(c).emitWithAck('delete-message', { roomId: room.id, messageId: one.id })).code, 'FORBIDDEN');
  assert.equal((await call(cene, 'DELETE', room, `/${one.id}`)).status, 403);
  const own = await within(b).emitWithAck('delete-message', { roomId: room.id, messageId: one.id });
  assert.deepEqual([own.id, own.seq, own.rev, own.userId, own.deletedBy], [one.id, one.seq, 1, bor.id, bor.id]);
  assert.deepEqual(await heard(c, 'message-deleted', (m) => m.id === one.id), own);
  const owner = await within(a).emitWithAck('delete-message', { roomId: room.id, messageId: two.id });
  assert.deepEqual([owner.userId, owner.deletedBy], [bor.id, ana.id]);
  assert.equal((await rest('PUT', `/api/rooms/${room.id}/members/${cene.id}/role`, { token: ana.token, body: { role: 'admin' } })).status, 200);
  await until('the new admin may delete', async () => (await call(cene, 'DELETE', room, `/${three.id}`)).status === 200);
  assert.equal((await heard(b, 'message-deleted', (m) => m.id === three.id)).deletedBy, cene.id);

  const left = (await call(ana, 'GET', room, '')).json.messages;
  assert.deepEqual(left.map((m) => [m.id, m.content]), [one, two, three].map((m) => [m.id, '']), 'their places stay, their texts do not');
  assert.equal((await within(b).emitWithAck('edit-message', { roomId: room.id, messageId: one.id, content: 'x' })).code, 'MESSAGE_DELETED');
  assert.equal((await call(bor, 'POST', room, '', { content: 'x', replyTo: one.id })).status, 410);
});

test('reactions come and go', async () => {
  const { ana, bor, room, a, b } = await trio();
  const said = await say(a, room);
  const first = await within(b).emitWithAck('react-to-message', { roomId: room.id, messageId: said.id, emoji: '👍' });
  assert.deepEqual([first.rev, first.removed, first.reactions], [1, false, [{ emoji: '👍', userIds: [bor.id] }]]);
  assert.deepEqual(await heard(a, 'message-reaction'), first);
  const second = await call(ana, 'POST', room, `/${said.id}/reactions`, { emoji: '👍' });
  assert.deepEqual([second.status, second.json.reactions], [200, [{ emoji: '👍', userIds: [bor.id, ana.id] }]]);
  const twice = await within(b).emitWithAck('react-to-message', { roomId: room.id, messageId: said.id, emoji: '👍' });
  assert.equal(twice.rev, 2, 'the same again changes nothing');
  await within(b).emitWithAck('react-to-message', { roomId: room.id, messageId: said.id, emoji: '👍', remove: true });
  await heard(a, 'message-reaction', (m) => m.removed && m.rev === 3);
  assert.deepEqual((await call(ana, 'GET', room, '')).json.messages[0].reactions, [{ emoji: '👍', userIds: [ana.id] }]);
  assert.equal((await within(b).emitWithAck('react-to-message', { roomId: room.id, messageId: said.id, emoji: 'x' })).code, 'VALIDATION_ERROR');
});

test('replies to what is there', async () => {
  const { bor, room, a, b } = await trio();
  const said = await say(a, room);
  const reply = await say(b, room, { replyTo: said.id });
  assert.equal(reply.replyTo, said.id);
  assert.equal((await heard(a, 'new-message', (m) => m.id === reply.id)).replyTo, said.id);
  for (const replyTo of ['018f3e1c-0000-7000-8000-000000000000', 'nothing']) {
    assert.equal((await say(b, room, { replyTo })).code, 'MESSAGE_NOT_FOUND');
    const res = await call(bor, 'POST', room, '', { content: 'x', replyTo });
    assert.deepEqual([res.status, res.json.code], [404, 'MESSAGE_NOT_FOUND']);
  }
});

test('mentions: in the message for all, and told to those whom it calls', async () => {
  const { ana, bor, cene, room, a, b, c } = await trio();
  const said = await say(a, room, { mentions: [bor.id, ana.id, bor.id] });
  assert.deepEqual(said.mentions, [bor.id, ana.id]);
  assert.deepEqual((await heard(c, 'new-message', (m) => m.id === said.id)).mentions, [bor.id, ana.id]);
  const marker1 = await heard(b, 'mentioned');
  assert.deepEqual(marker1, { roomId: room.id, messageId: said.id, seq: said.seq, userId: ana.id, userName: ana.name, userIds: [bor.id, ana.id] });
  assert.ok(b.heard.findIndex((h) => h.event === 'mentioned') > b.heard.findIndex((h) => h.event === 'new-message' && h.args[0].id === said.id));
  const posted = await call(cene, 'POST', room, '', { content: 'over REST', mentions: [bor.id] });
  assert.equal(posted.status, 201);
  await heard(b, 'mentioned', (m) => m.messageId === posted.json.message.id);
  await marker(a, room, b, c);
  assert.deepEqual([count(a, 'mentioned'), count(b, 'mentioned'), count(c, 'mentioned')], [0, 2, 0]);
  const stranger = await signIn();
  assert.equal((await say(a, room, { mentions: [stranger.id] })).code, 'MEMBER_NOT_FOUND');
  const res = await call(ana, 'POST', room, '', { content: 'x', mentions: [stranger.id] });
  assert.deepEqual([res.status, res.json.code], [404, 'MEMBER_NOT_FOUND']);
});

test('receipts, and unread counts in the list of rooms', async () => {
  const { ana, bor, cene, room, a, b, c } = await trio();
  const unread = async (user) => (await rest('GET', '/api/rooms', { token: user.token })).json.rooms.find((r) => r.id === room.id).unreadCount;
  const all = (...want) =>
    until(`unread ${want}`, async (saw) => {
      const got = await Promise.all([ana, bor, cene].map(unread));
      saw(got);
      return got.every((n, i) => n === want[i]);
    });
  await all(0, 0, 0); // others' joining is nothing to read
  const [one] = [await say(a, room), await say(a, room)];
  const three = await say(b, room);
  await all(1, 2, 3);
  const read = await within(b).emitWithAck('mark-read', { roomId: room.id, seq: three.seq });
  assert.deepEqual([read.userId, read.seq], [bor.id, three.seq]);
  assert.deepEqual(await heard(a, 'message-read', (r) => r.userId === bor.id), read);
  await all(1, 0, 3);
  const put = await call(cene, 'PUT', room, '/read', { seq: one.seq });
  assert.deepEqual([put.status, put.json.seq], [200, one.seq]);
  await heard(a, 'message-read', (r) => r.userId === cene.id && r.seq === one.seq);
  await all(1, 0, 2);
  await call(ana, 'DELETE', room, `/${three.id}`);
  await all(0, 0, 1);
  const receipts = (await call(ana, 'GET', room, '/receipts')).json.receipts;
  assert.deepEqual(new Map(receipts.map((r) => [r.userId, r.seq])), new Map([[bor.id, three.seq], [cene.id, one.seq]]));
  assert.equal((await call(cene, 'GET', room, '/unread')).json.unread, 1);
  await marker(c, room, a, b);
  assert.equal(count(b, 'message-read', (r) => r.userId === bor.id), 1, 'its reader hears the answer only');
  await all(1, 1, 1);
});

test('typing is for the others, throttled, and nowhere kept', async () => {
  const { ana, room, a, b, c } = await trio();
  const words = async () => (await call(ana, 'GET', room, '')).json.messages.length;
  assert.equal(await words(), 0);
  await within(a).emitWithAck('typing', { roomId: room.id, isTyping: true });
  assert.deepEqual(await heard(b, 'user-typing'), { roomId: room.id, userId: ana.id, userName: ana.name, isTyping: true });
  for (let i = 0; i < 40; i++) a.emit('typing', { roomId: room.id, isTyping: i % 2 === 0 });
  await settled(a);
  await marker(a, room, b, c);
  const told = count(c, 'user-typing');
  assert.ok(told >= 1 && told <= 12, `${told} of 41 were told`);
  assert.equal(count(a, 'error'), 0, 'what is too much is dropped in silence');
  assert.equal(await words(), 1, 'the marker');
  const stranger = await open(await signIn());
  assert.equal((await within(stranger).emitWithAck('typing', { roomId: room.id, isTyping: true })).code, 'NOT_MEMBER');
});

test('system messages: heard in order, kept apart, resumed, nobody\'s to change', async () => {
  const [ana, bor, cene] = [await signIn(), await signIn(), await signIn()];
  const room = await createRoom(ana);
  const a = await open(ana);
  const said = await say(a, room);
  await join(bor, room);
  const joined = await heard(a, 'system-message', (m) => m.kind === 'joined');
  assert.deepEqual([joined.userId, joined.userName, joined.seq, joined.roomId, joined.content], [bor.id, bor.name, said.seq + 1, room.id, `${bor.name} joined`]);
  await rest('PATCH', `/api/rooms/${room.id}`, { token: ana.token, body: { destinationName: 'Peak', destinationLat: 46.38, destinationLng: 13.84 } });
  const moved = await heard(a, 'system-message', (m) => m.kind === 'destination-changed');
  assert.deepEqual([moved.userId, moved.data], [ana.id, { destinationName: 'Peak', destinationLat: 46.38, destinationLng: 13.84 }]);
  await rest('PATCH', `/api/rooms/${room.id}`, { token: ana.token, body: { name: 'Another name' } });
  const last = await say(a, room);
  await join(cene, room);
  await rest('DELETE', `/api/rooms/${room.id}/members/${cene.id}`, { token: ana.token });
  await rest('POST', `/api/rooms/${room.id}/leave`, { token: bor.token });
  await heard(a, 'system-message', (m) => m.kind === 'left' && m.userId === bor.id);
  const kinds = ['joined', 'destination-changed', 'joined', 'removed', 'left'];
  const live = a.heard.filter((h) => h.event === 'system-message' || h.event === 'new-message').map((h) => h.args[0]);
  assert.deepEqual(live.filter((m) => m.kind).map((m) => m.kind), kinds);
  assert.deepEqual(live.map((m) => m.seq), [1, 2, 3, 4, 5, 6, 7]);
  assert.ok(!a.heard.some((h) => h.event === 'new-message' && h.args[0].kind), 'never as somebody\'s words');

  const ids = (page) => page.messages.map((m) => m.id);
  assert.deepEqual(ids((await call(ana, 'GET', room, '')).json), [said.id, last.id]);
  assert.deepEqual(ids((await call(ana, 'GET', room, '?system=true')).json), live.map((m) => m.id));
  assert.deepEqual(ids(await within(a).emitWithAck('request-chat-history', { roomId: room.id })), [said.id, last.id]);
  assert.deepEqual(ids(await within(a).emitWithAck('request-chat-history', { roomId: room.id, system: true })), live.map((m) => m.id));
  for (const [event, more] of [['edit-message', { content: 'x' }], ['delete-message', {}], ['react-to-message', { emoji: '👍' }]]) {
    assert.equal((await within(a).emitWithAck(event, { roomId: room.id, messageId: moved.id, ...more })).code, 'FORBIDDEN', event);
  }

  const back = await open(ana, { auth: { token: ana.token, lastSeq: { [room.id]: 1 } } });
  await heard(back, 'system-message', (m) => m.seq === 7);
  await settled(back);
  const resumed = back.heard.filter((h) => h.event === 'system-message' || h.event === 'chat-history').flatMap((h) => h.args[0].messages ?? [h.args[0]]);
  assert.deepEqual(resumed.map((m) => m.id), live.slice(1).map((m) => m.id), 'each once, in their order');
  assert.ok(back.heard.filter((h) => h.event === 'chat-history').every((h) => h.args[0].messages.every((m) => !m.kind)));
});

test('who was away hears each missed change once', async () => {
  const { ana, room, a, b } = await trio();
  const [one, two, three] = [await say(a, room), await say(a, room), await say(a, room)];
  await within(a).emitWithAck('edit-message', { roomId: room.id, messageId: one.id, content: 'known' });
  await heard(b, 'message-edited');
  const known = (await within(b).emitWithAck('request-chat-history', { roomId: room.id })).rev;
  assert.equal(known, 1);
  b.disconnect();
  await within(a).emitWithAck('edit-message', { roomId: room.id, messageId: two.id, content: 'once' });
  await within(a).emitWithAck('edit-message', { roomId: room.id, messageId: two.id, content: 'twice' });
  await within(a).emitWithAck('delete-message', { roomId: room.id, messageId: three.id });
  await new Promise((resolve) => b.once('connect', resolve).connect());
  const page = await within(b).emitWithAck('request-chat-history', { roomId: room.id, after: three.seq, afterRev: known });
  assert.deepEqual(page.messages, []);
  assert.deepEqual(page.changed.map((m) => [m.id, m.rev, m.content, Boolean(m.deletedAt)]), [[two.id, 3, 'twice', false], [three.id, 4, '', true]]);
  assert.equal(page.rev, 4);
  const more = await within(b).emitWithAck('request-chat-history', { roomId: room.id, after: three.seq, afterRev: page.rev });
  assert.deepEqual([more.changed ?? [], more.rev], [[], 4]);
  await within(a).emitWithAck('react-to-message', { roomId: room.id, messageId: one.id, emoji: '🎉' });
  assert.equal((await heard(b, 'message-reaction')).rev, 5, 'and goes on from there');
  const over = await rest('GET', `/api/rooms/${room.id}/messages?afterRev=${known}&after=${three.seq}`, { token: ana.token });
  assert.deepEqual(over.json.changed.map((m) => m.rev), [3, 4, 5]);
});

test('text: NFC, trimmed, bounded by characters, without control characters, wherever it comes in', async () => {
  const { ana, room, a } = await trio();
  const said = await say(a, room);
  const ways = {
    socket: (content) => within(a).emitWithAck('send-message', { roomId: room.id, content }),
    edit: (content) => within(a).emitWithAck('edit-message', { roomId: room.id, messageId: said.id, content }),
    rest: async (content) => {
      const { json } = await call(ana, 'POST', room, '', { content });
      return json.message ?? json;
    },
  };
  for (const [way, put] of Object.entries(ways)) {
    for (const [given, kept] of [['  Cafe\u0301\t\r\nbar \u2003', 'Caf\u00e9\t\nbar'], ['😀'.repeat(2000), '😀'.repeat(2000)], ['<b>&', '<b>&']]) {
      assert.equal((await put(given)).content, kept, way);
    }
    for (const bad of ['', ' \n\u2003', '\u200b', 'a\u0000b', 'a\u001bb', 'a\u0085b', 'x'.repeat(2001)]) {
      assert.equal((await put(bad)).code, 'VALIDATION_ERROR', `${way} ${JSON.stringify(bad.slice(0, 9))}`);
    }
  }
});
