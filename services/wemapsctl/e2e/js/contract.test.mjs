// The inherited contract, as an existing app lives it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { connect, count, createRoom, heard, join, marker, rest, settled, signIn, unique } from './client.mjs';

const sockets = [];
const open = async (user, options) => {
  const s = await connect(user, options);
  sockets.push(s);
  return s;
};
after(() => sockets.forEach((s) => s.close()));

const roomKeys = ['id', 'roomCode', 'name', 'destinationName', 'destinationLat', 'destinationLng', 'maxMembers', 'status', 'expiresAt', 'createdAt', 'updatedAt'];
const has = (object, keys) => keys.forEach((k) => assert.ok(k in object, `${k} is missing in ${JSON.stringify(object)}`));
const isTime = (s) => assert.match(s, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const refuses = (res, status, code) => {
  assert.equal(res.status, status, res.text);
  assert.equal(res.json?.code, code, res.text);
  assert.equal(typeof res.json.error, 'string');
};

describe('auth over REST', () => {
  test('sign-in creates an open name once and knows it again', async () => {
    const name = unique('Ana');
    const first = await rest('POST', '/api/auth/signin', { body: { name } });
    assert.equal(first.status, 200, first.text);
    has(first.json, ['user', 'token', 'isNewUser']);
    has(first.json.user, ['id', 'name', 'createdAt', 'updatedAt']);
    assert.equal(first.json.isNewUser, true);
    assert.equal(first.json.user.name, name);
    isTime(first.json.user.createdAt);
    const again = await rest('POST', '/api/auth/signin', { body: { name: `  ${name} ` } }); // mistake 25: the same user
    assert.equal(again.json.isNewUser, false);
    assert.equal(again.json.user.id, first.json.user.id);
  });

  test('a claimed name wants its password', async () => {
    const name = unique('Bor');
    const up = await rest('POST', '/api/auth/signup', { body: { name, password: 'Secret1x' } });
    assert.equal(up.status, 200, up.text);
    has(up.json, ['user', 'token']);
    refuses(await rest('POST', '/api/auth/signup', { body: { name, password: 'Secret1x' } }), 409, 'USERNAME_EXISTS');
    refuses(await rest('POST', '/api/auth/signin', { body: { name } }), 401, 'PASSWORD_REQUIRED');
    refuses(await rest('POST', '/api/auth/signin', { body: { name, password: 'Wrong1xx' } }), 401, 'INVALID_CREDENTIALS');
    const ok = await rest('POST', '/api/auth/signin', { body: { name, password: 'Secret1x' } });
    assert.equal(ok.status, 200, ok.text);
    refuses(await rest('POST', '/api/auth/signup', { body: { name: unique('weak'), password: 'alllower' } }), 400, 'VALIDATION_ERROR');
  });

  test('me, user, refresh', async () => {
    const user = await signIn();
    const me = await rest('GET', '/api/auth/me', { token: user.token });
    assert.equal(me.json.user.id, user.id);
    const name = unique('Renamed');
    assert.equal((await rest('PUT', '/api/auth/me', { token: user.token, body: { name } })).json.user.name, name);
    refuses(await rest('PUT', '/api/auth/me', { token: user.token, body: {} }), 400, 'NO_UPDATES');
    refuses(await rest('PUT', '/api/auth/me', { token: user.token, body: { name: 'x' } }), 400, 'INVALID_NAME');
    assert.equal((await rest('GET', `/api/auth/user?id=${user.id}`, { token: user.token })).json.user.name, name);
    refuses(await rest('GET', '/api/auth/user?id=00000000-0000-7000-8000-000000000000', { token: user.token }), 404, 'USER_NOT_FOUND');
    const fresh = await rest('POST', '/api/auth/refresh', { token: user.token });
    assert.equal(fresh.status, 200, fresh.text);
    assert.equal((await rest('GET', '/api/auth/me', { token: fresh.json.token })).json.user.id, user.id);
  });

  test('bearer errors', async () => {
    refuses(await rest('GET', '/api/auth/me'), 401, 'TOKEN_REQUIRED');
    refuses(await rest('GET', '/api/rooms', { token: 'garbage' }), 401, 'INVALID_TOKEN');
    // mistake 18: a token signed with a well-known secret
    const forged = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ4In0.TTsc0wWAJcWGyLQcvH5xnDvPcwDZIwNmFZ3sVAxuCqM';
    refuses(await rest('GET', '/api/rooms', { token: forged }), 401, 'INVALID_TOKEN');
  });
});

describe('rooms over REST', () => {
  test('create, join, get, list, leave', async () => {
    const [owner, friend, stranger] = await Promise.all([signIn(), signIn(), signIn()]);
    const room = await createRoom(owner);
    has(room, roomKeys);
    assert.match(room.roomCode, /^[A-Z0-9]{6}$/);
    assert.equal(room.maxMembers, 8);
    assert.equal(room.destinationLat, 45.75);
    assert.equal(room.status, 'active');
    const joined = await rest('POST', '/api/rooms/join', { token: friend.token, body: { roomCode: room.roomCode.toLowerCase(), nickname: 'Fritz' } });
    assert.equal(joined.status, 200, joined.text);
    assert.equal(joined.json.isRejoining, false);
    assert.equal(joined.json.room.createdBy, owner.name);
    assert.equal(joined.json.member.nickname, 'Fritz');
    assert.equal(joined.json.member.joinOrder, 2);
    refuses(await rest('POST', '/api/rooms/join', { token: friend.token, body: { roomCode: room.roomCode } }), 409, 'ALREADY_MEMBER');
    refuses(await rest('POST', '/api/rooms/join', { token: friend.token, body: { roomCode: 'ZZZZZZ' } }), 404, 'ROOM_NOT_FOUND');

    const got = await rest('GET', `/api/rooms/${room.id}`, { token: owner.token }); // mistake 1: the owner gets 403
    assert.equal(got.status, 200, got.text);
    assert.equal(got.json.room.memberCount ?? got.json.memberCount, 2);
    const members = got.json.room.members ?? got.json.members;
    assert.deepEqual(members.map((m) => m.role).sort(), ['member', 'owner']);
    refuses(await rest('GET', `/api/rooms/${room.id}`, { token: stranger.token }), 403, 'ACCESS_DENIED');
    refuses(await rest('GET', '/api/rooms/no-such-room', { token: owner.token }), 404, 'ROOM_NOT_FOUND');

    const list = await rest('GET', '/api/rooms', { token: friend.token });
    assert.equal(list.json.rooms.length, 1);
    has(list.json.rooms[0], [...roomKeys, 'createdBy', 'memberCount', 'userRole']);
    assert.equal(list.json.rooms[0].userRole, 'member');

    refuses(await rest('POST', `/api/rooms/${room.id}/leave`, { token: stranger.token }), 403, 'NOT_MEMBER');
    const left = await rest('POST', `/api/rooms/${room.id}/leave`, { token: owner.token });
    assert.equal(left.json.message, 'Successfully left the room');
    assert.equal((await rest('POST', `/api/rooms/${room.id}/leave`, { token: owner.token })).status, 200);
    const after = await rest('GET', `/api/rooms/${room.id}`, { token: friend.token });
    assert.equal(after.json.room.memberCount ?? after.json.memberCount, 1); // mistakes 3, 4
    const heir = (after.json.room.members ?? after.json.members).find((m) => m.userId === friend.id);
    assert.equal(heir.role, 'owner');
    const back = await rest('POST', '/api/rooms/join', { token: owner.token, body: { roomCode: room.roomCode } });
    assert.equal(back.json.isRejoining, true);
    assert.equal(back.json.member.role, 'member'); // mistake 16: not a second owner
    await rest('POST', `/api/rooms/${room.id}/leave`, { token: owner.token });
    await rest('POST', `/api/rooms/${room.id}/leave`, { token: friend.token });
    const closed = await rest('POST', '/api/rooms/join', { token: stranger.token, body: { roomCode: room.roomCode } }); // mistake 17
    assert.ok([404, 410].includes(closed.status), closed.text);
  });

  test('bounds are named', async () => {
    const owner = await signIn();
    for (const [body, field] of [
      [{ name: 'ab' }, 'name'],
      [{ destinationLat: 91 }, 'destinationLat'],
      [{ destinationLng: '14' }, 'destinationLng'],
      [{ maxMembers: 51 }, 'maxMembers'],
      [{ expiresIn: 0 }, 'expiresIn'],
      [{ expiresIn: 169 }, 'expiresIn'],
    ]) {
      const res = await rest('POST', '/api/rooms', {
        token: owner.token,
        body: { name: 'Fine name', destinationName: 'There', destinationLat: 1, destinationLng: 2, ...body },
      });
      refuses(res, 400, 'VALIDATION_ERROR');
      assert.match(res.json.error, new RegExp(field, 'i'));
    }
  });

  test('fifty race for the last seat', async () => {
    const [owner, ...racers] = await Promise.all(Array.from({ length: 51 }, () => signIn()));
    const room = await createRoom(owner, { maxMembers: 2 });
    const results = await Promise.all(racers.map((r) => rest('POST', '/api/rooms/join', { token: r.token, body: { roomCode: room.roomCode } })));
    const tally = {};
    results.forEach((r) => (tally[r.json?.code ?? r.status] = (tally[r.json?.code ?? r.status] ?? 0) + 1));
    assert.deepEqual(tally, { 200: 1, ROOM_FULL: 49 }); // mistake 14: none refused for speed, none 5xx
  });
});

describe('the edge over HTTP', () => {
  test('health, socket health, unknown routes', async () => {
    for (const path of ['/health', '/api/health']) {
      const res = await rest('GET', path);
      assert.equal(res.status, 200, res.text);
      assert.equal(res.json.status, 'OK');
      has(res.json, ['timestamp', 'uptime']);
    }
    has((await rest('GET', '/socket/health')).json, ['status', 'connectedClients', 'timestamp']);
    const lost = await rest('GET', '/api/nowhere');
    refuses(lost, 404, 'ROUTE_NOT_FOUND');
    assert.equal(lost.json.path, '/api/nowhere');
  });

  test('hostile bodies are 4xx', async () => {
    // mistake 19
    refuses(await rest('POST', '/api/auth/signin', { raw: '{"name":' }), 400, 'INVALID_JSON');
    const nul = await rest('POST', '/api/auth/signin', { raw: '{"name":"a\\u0000b"}' });
    refuses(nul, 400, 'VALIDATION_ERROR');
    const huge = await rest('POST', '/api/auth/signin', { raw: JSON.stringify({ name: 'x'.repeat(11 << 20) }) }).catch((e) => ({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE', error: String(e) } }));
    refuses(huge, 413, 'PAYLOAD_TOO_LARGE');
  });

  test('CORS lets the configured origin in, and no other', async () => {
    const good = await rest('GET', '/api/health', { headers: { origin: 'http://app.test' } });
    assert.equal(good.headers.get('access-control-allow-origin'), 'http://app.test');
    const bad = await rest('GET', '/api/health', { headers: { origin: 'http://evil.test' } }); // mistake 21
    assert.equal(bad.headers.get('access-control-allow-origin'), null);
    assert.equal(good.headers.get('x-content-type-options'), 'nosniff');
  });

  test('the documents are served', async () => {
    const openapi = await rest('GET', '/api/openapi.json');
    assert.equal(openapi.status, 200);
    assert.ok(openapi.json.paths['/api/rooms/join']);
    assert.equal((await rest('GET', '/api/docs')).status, 200);
  });
});

describe('sockets', { concurrency: 3 }, () => {
for (const transports of [undefined, ['websocket'], ['polling']]) {
  describe(`with ${transports ?? 'default'} transports`, () => {
    const opts = transports ? { transports } : {};

    test('refusals at the handshake', async () => {
      await assert.rejects(open(undefined, opts), /^Error: Authentication token required$/);
      await assert.rejects(open({ token: 'garbage' }, opts), /^Error: Invalid authentication token$/);
    });

    test('two friends meet, move and talk', async () => {
      const [ana, bor] = await Promise.all([signIn(), signIn()]);
      const room = await createRoom(ana);
      await join(bor, room);
      const a = await open(ana, opts);
      a.emit('join-room', { roomId: room.id }); // mistake 6: right after the handshake
      assert.deepEqual(await heard(a, 'joined-room'), { roomId: room.id, roomName: room.name });
      a.emit('location-update', { roomId: room.id, latitude: 45.1, longitude: 14.2, accuracy: 5, speed: 1.5, batteryLevel: 80, deviceModel: 'Test', junk: 'dropped' });
      const confirmed = await heard(a, 'location-confirmed');
      isTime(confirmed.timestamp);
      assert.equal(confirmed.latitude, 45.1);

      const b = await open(bor, opts);
      b.emit('join-room', { roomId: room.id });
      const snapshot = await heard(b, 'room-locations');
      assert.equal(snapshot.locations.length, 1);
      assert.equal(snapshot.locations[0].userId, ana.id);
      const met = await heard(a, 'user-joined', (m) => m.userId === bor.id);
      assert.equal(met.userName, bor.name);

      a.emit('location-update', { roomId: room.id, latitude: 45.2, longitude: 14.3, heading: 90 });
      const moved = await heard(b, 'location-updated', (m) => m.latitude === 45.2);
      has(moved, ['userId', 'userName', 'latitude', 'longitude', 'timestamp', 'isLive']);
      assert.equal(moved.userId, ana.id);
      assert.equal(moved.isLive, true);
      assert.equal(moved.heading, 90);
      assert.ok(!('junk' in moved));
      assert.equal(count(a, 'location-updated'), 0, 'the sender hears location-confirmed, not its own update');

      b.emit('send-message', { roomId: room.id, content: '  hello ' });
      for (const s of [a, b]) {
        const m = await heard(s, 'new-message', (x) => x.content === 'hello');
        has(m, ['id', 'roomId', 'userId', 'userName', 'content', 'timestamp', 'seq']);
        assert.equal(m.userId, bor.id);
      }
      a.emit('request-chat-history', { roomId: room.id });
      const history = await heard(a, 'chat-history');
      assert.deepEqual(history.messages.map((m) => m.content), ['hello']);

      b.emit('leave-room', { roomId: room.id });
      await heard(a, 'user-left', (m) => m.userId === bor.id);
      a.emit('ping', {});
      await heard(a, 'pong');
    });

    test('acks answer after the commit', async () => {
      const ana = await signIn();
      const room = await createRoom(ana);
      const a = await open(ana, opts);
      const message = await a.timeout(5000).emitWithAck('send-message', { roomId: room.id, content: 'with ack', clientId: 'c-1' });
      assert.equal(message.content, 'with ack');
      const again = await a.timeout(5000).emitWithAck('send-message', { roomId: room.id, content: 'with ack', clientId: 'c-1' });
      assert.equal(again.id, message.id, 'a retry with the same clientId is the same message');
      assert.equal(again.seq, message.seq);
    });

    test('nonsense is answered with a code and changes nothing', async () => {
      const [ana, stranger] = await Promise.all([signIn(), signIn()]);
      const room = await createRoom(ana);
      const a = await open(ana, opts);
      a.emit('join-room', { roomId: room.id });
      await heard(a, 'joined-room');
      const s = await open(stranger, opts);
      s.emit('join-room', { roomId: room.id });
      assert.equal((await heard(s, 'error', (e) => e.event === 'join-room')).message, 'Not authorized to join this room');
      s.emit('location-update', { roomId: room.id, latitude: 1, longitude: 1 });
      assert.equal((await heard(s, 'error', (e) => e.event === 'location-update')).message, 'Not authorized to update location in this room');
      s.emit('send-message', { roomId: room.id, content: 'let me in' });
      assert.equal((await heard(s, 'error', (e) => e.event === 'send-message')).message, 'Not authorized to send messages in this room');
      s.emit('request-chat-history', { roomId: room.id });
      assert.equal((await heard(s, 'error', (e) => e.event === 'request-chat-history')).message, 'Not authorized to access chat history');
      s.emit('leave-room', { roomId: room.id }); // mistake 8: a stranger announces itself
      for (const [event, data] of [
        ['join-room', {}], // mistake 11
        ['join-room', { roomId: { $ne: 1 } }],
        ['location-update', { roomId: room.id, latitude: 'abc', longitude: 99999 }], // mistake 10
        ['location-update', { roomId: room.id, latitude: 1, longitude: 200 }],
        ['send-message', { roomId: room.id, content: '   ' }],
        ['send-message', { roomId: room.id, content: 'x'.repeat(2001) }],
        ['no-such-event', {}],
      ]) {
        const before = count(a, 'error');
        a.emit(event, data);
        const deadline = Date.now() + 5000;
        while (count(a, 'error') === before) {
          assert.ok(Date.now() < deadline, `${event} ${JSON.stringify(data).slice(0, 80)} was not refused`);
          await new Promise((r) => setTimeout(r, 5));
        }
        const { args } = a.heard.findLast((h) => h.event === 'error');
        assert.equal(typeof args[0].message, 'string');
        assert.match(args[0].code, /^[A-Z_]+$/);
      }
      await marker(a, room);
      assert.equal(count(a, 'user-left'), 0);
      assert.equal(count(a, 'location-confirmed'), 0);
      assert.equal(count(a, 'new-message'), 1, 'only the marker');
      assert.ok(a.connected && s.connected);
    });

    test('a leaver by REST hears nothing more', async () => {
      // mistake 7
      const [ana, bor] = await Promise.all([signIn(), signIn()]);
      const room = await createRoom(ana);
      await join(bor, room);
      const [a, b] = await Promise.all([open(ana, opts), open(bor, opts)]);
      for (const s of [a, b]) {
        s.emit('join-room', { roomId: room.id });
        await heard(s, 'joined-room');
      }
      await rest('POST', `/api/rooms/${room.id}/leave`, { token: bor.token });
      await heard(a, 'user-left', (m) => m.userId === bor.id, 2000);
      await marker(a, room);
      await settled(b);
      assert.equal(count(b, 'new-message'), 0);
      b.emit('send-message', { roomId: room.id, content: 'still here?' });
      await heard(b, 'error', (e) => e.event === 'send-message');
    });

    test('one of two devices going away changes nothing for the other', async () => {
      // mistake 5
      const [ana, bor] = await Promise.all([signIn(), signIn()]);
      const room = await createRoom(ana);
      await join(bor, room);
      const [a, phone, tablet] = await Promise.all([open(ana, opts), open(bor, opts), open(bor, opts)]);
      for (const s of [a, phone, tablet]) {
        s.emit('join-room', { roomId: room.id });
        await heard(s, 'joined-room');
      }
      phone.close();
      tablet.emit('location-update', { roomId: room.id, latitude: 2, longitude: 3 });
      await heard(a, 'location-updated', (m) => m.userId === bor.id);
      tablet.emit('send-message', { roomId: room.id, content: 'still here' });
      await heard(a, 'new-message', (m) => m.content === 'still here');
      assert.equal(count(a, 'user-offline'), 0);
      tablet.close();
      await heard(a, 'user-offline', (m) => m.userId === bor.id, 15000);
    });

    test('a socket is in its rooms by itself', async () => {
      const [ana, bor] = await Promise.all([signIn(), signIn()]);
      const room = await createRoom(ana);
      await join(bor, room);
      const [a, b] = await Promise.all([open(ana, opts), open(bor, opts)]);
      await settled(b);
      await marker(a, room, b);
    });
  });
}
});
