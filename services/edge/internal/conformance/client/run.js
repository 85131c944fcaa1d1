// The official client against the conformance server: node run.js URL TRANSPORTS
// where TRANSPORTS is a comma-separated list, as in the client's own option.
import assert from "node:assert/strict";
import { io, Manager } from "socket.io-client";

const [url, list] = process.argv.slice(2);
const transports = list.split(",");

// Each case has a manager of its own, so that they can run side by side.
const manager = (opts = {}) =>
  new Manager(url, { transports, reconnectionDelay: 20, reconnectionDelayMax: 100, ...opts });

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

async function connected(opts = {}, namespace = "/", auth = undefined) {
  const socket = manager(opts).socket(namespace, { auth });
  socket.connect();
  await once(socket, "connect");
  return socket;
}

async function echoes(socket, ...args) {
  const back = once(socket, "message-back");
  socket.emit("message", ...args);
  assert.deepEqual(await back, args);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const cases = {
  async "auth is echoed"() {
    const auth = { token: "ключ", nested: { list: [1, "2", null] } };
    const socket = manager().socket("/", { auth });
    const [got] = await once(socket.connect(), "auth");
    assert.deepEqual(got, auth);
    return socket;
  },

  async "order across the upgrade, both directions"() {
    const total = 3000;
    const ticks = [], backs = [];
    const socket = manager().socket("/");
    socket.on("tick", (n) => ticks.push(n));
    socket.on("message-back", (n) => backs.push(n));
    socket.connect();
    // Before the connection is open, through the whole upgrade, and after it.
    for (let i = 0; i < total; i++) {
      if (i === 10) socket.emit("count", total);
      socket.emit("message", i);
      if (i % 10 === 0) await sleep(1);
    }
    for (let end = Date.now() + 15000; ticks.length < total || backs.length < total; await sleep(5)) {
      assert.ok(Date.now() < end, `${ticks.length} ticks and ${backs.length} echoes of ${total}`);
    }
    const expected = Array.from({ length: total }, (_, i) => i);
    assert.deepEqual(ticks, expected);
    assert.deepEqual(backs, expected);
    assert.equal(socket.io.engine.transport.name, transports.at(-1));
    return socket;
  },

  async "900 KB"() {
    const socket = await connected();
    await echoes(socket, "ä".repeat(450_000));
    await echoes(socket, "x".repeat(900_000), { after: true });
    // In base64, as polling has it, an attachment is a third longer.
    await echoes(socket, Buffer.alloc(700_000, 7));
    return socket;
  },

  async "an oversize message ends the connection, and the client comes back"() {
    const socket = await connected();
    while (socket.io.engine.transport.name !== transports.at(-1)) await sleep(5);
    const gone = once(socket, "disconnect");
    socket.emit("message", "x".repeat(1_000_100));
    const [reason] = await gone;
    assert.match(reason, /^transport (close|error)$/);
    await once(socket, "connect");
    await echoes(socket, "still here");
    return socket;
  },

  async "binary, nested, in order with text"() {
    const socket = await connected();
    const backs = [];
    const done = new Promise((resolve) => socket.on("message-back", (...args) => {
      backs.push(args);
      if (backs.length === 60) resolve();
    }));
    const sent = [];
    for (let i = 0; i < 30; i++) {
      sent.push([i, { a: Buffer.from([i, 255]), b: [Buffer.from("x".repeat(i)), "text"] }], [i, "plain"]);
      for (const args of sent.slice(-2)) socket.emit("message", ...args);
    }
    await done;
    assert.deepEqual(backs, sent);
    assert.deepEqual(await socket.timeout(5000).emitWithAck("message-with-ack", Buffer.from([1, 2])), Buffer.from([1, 2]));
    return socket;
  },

  async "heartbeats"() {
    const socket = await connected();
    let pings = 0;
    socket.io.engine.on("ping", () => pings++);
    socket.on("disconnect", (reason) => assert.fail(reason));
    for (let end = Date.now() + 10000; pings < 3; await sleep(20)) {
      assert.ok(Date.now() < end, `${pings} pings in 10 s`);
    }
    await echoes(socket, "alive");
    socket.off("disconnect");
    return socket;
  },

  async "reconnects when it may"() {
    const socket = await connected();
    const first = socket.id;
    socket.emit("drop");
    const [reason] = await once(socket, "disconnect");
    assert.match(reason, /^transport (close|error)$/);
    await once(socket, "connect");
    assert.notEqual(socket.id, first);
    await echoes(socket, "again");
    return socket;
  },

  async "stays away when it is told to"() {
    const socket = await connected();
    socket.emit("drop", true);
    const [reason] = await once(socket, "disconnect");
    assert.equal(reason, "io server disconnect");
    await sleep(300);
    assert.equal(socket.connected, false);
    return socket;
  },

  async "two namespaces, one connection"() {
    const m = manager();
    const main = m.socket("/"), custom = m.socket("/custom", { auth: { who: "me" } }), unknown = m.socket("/unknown");
    const auth = once(custom, "auth"), refused = once(unknown, "connect_error");
    for (const s of [main, custom, unknown]) s.connect();
    assert.deepEqual(await auth, [{ who: "me" }]);
    const [error] = await refused;
    assert.ok(error instanceof Error);
    assert.equal(error.message, "Invalid namespace");
    await Promise.all([echoes(main, "for main"), echoes(custom, "for custom", Buffer.from([1]))]);
    custom.emit("leave");
    assert.deepEqual((await once(custom, "disconnect"))[0], "io server disconnect");
    custom.connect();
    await once(custom, "connect");
    await echoes(custom, "back");
    custom.disconnect();
    await echoes(main, "unharmed");
    return main;
  },

  async "acks in both directions"() {
    const socket = await connected();
    assert.deepEqual(await socket.timeout(5000).emitWithAck("message-with-ack", { a: [1] }), { a: [1] });
    socket.once("question", (text, answer) => answer(text + "!", Buffer.from([9])));
    let answered = once(socket, "answer");
    socket.emit("ask", "why");
    assert.deepEqual(await answered, ["why!", Buffer.from([9])]);
    socket.once("question", () => {}); // no answer
    answered = once(socket, "answer");
    socket.emit("ask", "why");
    assert.deepEqual(await answered, ["the client did not acknowledge in time"]);
    return socket;
  },

  async "recovers what it missed"() {
    const total = 300, ticks = [];
    const socket = await connected();
    assert.equal(socket.recovered, false);
    const { id } = socket;
    socket.on("tock", (n) => ticks.push(n));
    socket.emit("journal", total);
    while (ticks.length < 20) await sleep(1);
    for (let i = 0; i < 2; i++) {
      socket.io.engine.close(); // the server goes on meanwhile
      await once(socket, "connect");
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id); // as with the official server
    }
    for (let end = Date.now() + 10000; ticks.length < total; await sleep(5)) {
      assert.ok(Date.now() < end, `${ticks.length} of ${total}`);
    }
    assert.deepEqual(ticks, Array.from({ length: total }, (_, i) => i));
    return socket;
  },

  async "events right after the handshake, and a close right after the last"() {
    const all = await Promise.all(Array.from({ length: 20 }, async () => {
      const socket = manager().socket("/");
      const back = once(socket, "message-back");
      socket.connect().emit("message", "first");
      assert.deepEqual(await back, ["first"]);
      socket.emit("message", "last");
      return socket;
    }));
    for (const socket of all) socket.io._close();
    return io(url, { transports, autoConnect: false });
  },
};

let failed = 0;
await Promise.all(Object.entries(cases).map(async ([name, run]) => {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("takes too long")), 25000).unref());
  try {
    (await Promise.race([run(), late])).disconnect();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${error.stack}`);
  }
}));
process.exit(failed ? 1 : 0);
