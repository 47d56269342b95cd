import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ClosedError, FatalError, type Client, type Item, wire } from "../src/index.js";
import { said, Script } from "./script.js";

let script: Script;
beforeEach(() => {
  script = new Script();
});
afterEach(() => script.end());

/** Collects what a client yields: seqs, and resets. */
function listen(c: Client): unknown[] {
  const got: unknown[] = [];
  c.on("event", (e) => got.push(e.seq ?? e.kind));
  c.on("reset", ({ type: _, ...r }) => got.push(r));
  return got;
}

describe("reading", () => {
  test("goes on at the position, and drops what comes twice", async () => {
    const got = listen(script.start());
    let p = (await script.peer()).welcome();
    expect(p.hello).toEqual({ type: "connect", v: 1, token: "token" });
    p.write(said("ann~bob", 1, 5), said("ann~cem", 1, 7));
    p.close(1006);
    p = (await script.peer()).welcome();
    expect(p.hello.resume).toEqual({ epoch: "e", positions: [7, 0] });
    p.write(said("ann~bob", 1, 5), said("ann~cem", 1, 7), said("ann~bob", 2, 9));
    expect(got).toEqual([1, 1, 2]);
    expect(script.clients[0]!.position).toEqual({ epoch: "e", positions: [9, 0] });
  });

  test("tells a reset if the server cannot go on there", async () => {
    const got = listen(script.start());
    let p = (await script.peer()).welcome();
    p.write(said("ann~bob", 1, 5));
    p.close(4000);
    p = (await script.peer()).welcome({ recovered: false, epoch: "f", positions: [90, 0] });
    p.write(said("ann~bob", 8, 91));
    expect(got).toEqual([1, {}, 8]);
    expect(script.clients[0]!.position).toEqual({ epoch: "f", positions: [91, 0] });
  });

  test("reads a place with a hole once more, and tells the hole if it stays", async () => {
    const got = listen(script.start());
    let p = (await script.peer()).welcome();
    p.write(said("ann~bob", 1, 5), said("ann~cem", 1, 6), said("ann~bob", 3, 8));
    p = (await script.peer()).welcome();
    expect(p.hello.resume?.positions).toEqual([5, 0]);
    p.write(said("ann~cem", 1, 6), said("ann~bob", 2, 7), said("ann~bob", 3, 8), said("ann~bob", 5, 9));
    p = (await script.peer()).welcome();
    expect(p.hello.resume?.positions).toEqual([8, 0]);
    p.write(said("ann~bob", 5, 9));
    expect(got).toEqual([1, 1, 2, 3, { channel: "ann~bob", after: 3, before: 5 }, 5]);
  });

  test("holds so many events, and reads the others when there is room", async () => {
    const c = script.start({ maxEvents: 4 });
    let p = (await script.peer()).welcome();
    const all = Array.from({ length: 10 }, (_, i) => said("ann~bob", i + 1, i + 1));
    p.write(...all);
    const events = c.events();
    const seqs: unknown[] = [];
    const take = async (n: number) => {
      for (let i = 0; i < n; i++) seqs.push(((await events.next()).value as wire.Event).seq);
    };
    await take(2);
    expect(p.open).toBe(true);
    await take(1);
    p = (await script.peer()).welcome();
    expect(p.hello.resume?.positions).toEqual([4, 0]);
    p.write(...all.slice(4, 6));
    await take(3);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(c.position?.positions).toEqual([5, 0]); // the sixth is not handled yet
    await events.return();
    expect(c.position?.positions).toEqual([6, 0]);
  });

  test("ends with the client", async () => {
    const c = script.start();
    (await script.peer()).welcome().write(said("ann~bob", 1, 1));
    const items: Item[] = [];
    const reading = (async () => {
      for await (const item of c.events()) items.push(item);
    })();
    await script.pass();
    await expect(c.events().next()).rejects.toThrow("already");
    expect(() => c.on("event", () => {})).toThrow("already");
    await c.close();
    await reading;
    expect(items).toHaveLength(1);
    await expect(c.connected()).rejects.toThrow(ClosedError);
    await expect(c.request("list_channels", {})).rejects.toThrow(ClosedError);
    expect(() => c.send({ to: "bob" }, "late")).toThrow(ClosedError);
  });

  test("does not end because a listener throws", async () => {
    const c = script.start();
    const thrown: unknown[] = [];
    const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((run) => {
      void Promise.resolve().then(run).catch((error: unknown) => thrown.push(error));
    });
    const p = (await script.peer()).welcome();
    c.on("event", () => {
      throw new Error("of the application");
    });
    const got = listen(c);
    p.write(said("ann~bob", 1, 1), said("ann~bob", 2, 2));
    await script.pass();
    queue.mockRestore();
    expect(got).toEqual([1, 2]);
    expect(thrown).toEqual([new Error("of the application"), new Error("of the application")]);
  });
});

describe("a connection", () => {
  test.each(Object.entries(wire.closeCodes))("that is closed as %s", async (_, code) => {
    const c = script.start();
    (await script.peer()).welcome().close(code);
    await script.pass();
    if (code < 4500) (await script.peer()).welcome();
    expect(c.state).toMatchObject(code < 4500 ? { phase: "connected" } : { phase: "ended", error: { name: "FatalError" } });
  });

  test("is given up when the server says nothing for two pings", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    await script.pass(54_000);
    p.write({ type: "ping" });
    await script.pass();
    expect(p.got.at(-1)).toEqual({ type: "pong" });
    await script.pass(54_000);
    expect(c.state.phase).toBe("connected");
    await script.pass(2000);
    expect(p.open).toBe(false);
  });

  test("waits longer and longer, and can be tried at once", async () => {
    script.reachable = false;
    const c = script.start();
    const waits: number[] = [];
    c.on("state", (s) => s.phase === "waiting" && waits.push(s.nextTry - Date.now()));
    await script.pass(60_000);
    expect(waits.length).toBeGreaterThan(6);
    expect(waits.length).toBeLessThan(25);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(7500);
    script.reachable = true;
    c.retryNow();
    await script.pass();
    expect(script.peers).toHaveLength(1);
  });

  test("is given up if no welcome comes in time", async () => {
    script.start();
    const p = await script.peer();
    await script.pass(10_100);
    expect(p.open).toBe(false);
    expect(await script.peer()).not.toBe(p);
  });

  test.each([
    ["not JSON", "{"],
    ["no frame", "null"],
    ["not text", new ArrayBuffer(1)],
    ["a position that cannot be kept", '{"type":"event","kind":"message","shard":0,"pos":9007199254740993,"channel":"a~b"}'],
    ["a shard that is not there", '{"type":"event","kind":"message","shard":7,"pos":1,"channel":"a~b"}'],
  ])("that brings %s begins anew", async (_, data) => {
    script.start();
    const p = (await script.peer()).welcome();
    p.raw(data);
    expect(p.open).toBe(false);
    (await script.peer()).welcome();
    expect(script.clients[0]!.state.phase).toBe("connected");
  });

  test("skips what it does not know", async () => {
    const got = listen(script.start());
    (await script.peer()).welcome().write({ type: "dance" }, { type: "event", kind: "dance", version: 1, shard: 0, pos: 1, channel: "ann~bob" });
    expect(got).toEqual(["dance"]);
    expect(script.clients[0]!.state.phase).toBe("connected");
  });

  test("ends for good if the user is another one, or the version", async () => {
    const c = script.start();
    (await script.peer()).welcome().close(1006);
    (await script.peer()).welcome({ user: "bob" });
    await script.pass();
    expect(c.state).toMatchObject({ phase: "ended", error: { name: "FatalError" } });
    const d = script.start();
    (await script.peer()).welcome({ v: 2 });
    await script.pass();
    expect(d.state.phase).toBe("ended");
  });

  test("goes to the next server", async () => {
    script.start({ urls: ["http://one", "http://two", "http://three"] });
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const p = await script.peer();
      seen.add(p.url);
      p.close(1006);
    }
    expect(seen).toEqual(new Set(["ws://one/v1/ws", "ws://two/v1/ws", "ws://three/v1/ws"]));
  });

  test("asks whether the server is there when the network is back", async () => {
    const window = new EventTarget();
    vi.stubGlobal("window", window);
    script.start();
    vi.unstubAllGlobals();
    const p = (await script.peer()).welcome();
    window.dispatchEvent(new Event("online"));
    await script.pass();
    expect(p.got.at(-1)).toMatchObject({ type: "get_presence", users: [] });
    p.write({ type: "ping" });
    await script.pass(6000);
    expect(p.open).toBe(true);
    window.dispatchEvent(new Event("offline"));
    await script.pass(6000);
    expect(p.open).toBe(false);
  });
});

test("the end is bounded, whatever a storage does", async () => {
  const never = () => new Promise<never>(() => {});
  const c = script.start({ storage: { get: never, list: never, put: never, delete: never } });
  const states: string[] = [];
  c.on("state", (s) => states.push(s.phase));
  const closing = c.close();
  await script.pass(5100);
  await closing;
  const d = script.start();
  d.on("state", (s) => states.push(s.phase));
  await d.close();
  expect(states).toEqual(["ended", "ended"]);
});

describe("tokens", () => {
  test("are replaced before they expire", async () => {
    let n = 0;
    const c = script.start({ token: () => `token ${++n}` });
    const p = (await script.peer()).welcome({ expires: Date.now() + 100_000 });
    await script.pass(40_000);
    p.write({ type: "ping" });
    await script.pass(41_000);
    const [refresh] = p.all("refresh");
    expect(refresh?.token).toBe("token 2");
    p.write({ type: "refreshed", ref: refresh!.ref, expires: Date.now() + 100_000 });
    await script.pass(40_000);
    p.write({ type: "ping" });
    await script.pass(41_000);
    expect(p.all("refresh").map((r) => r.token)).toEqual(["token 2", "token 3"]);
    expect(c.state.phase).toBe("connected");
  });

  test("that have expired twice end the client", async () => {
    const c = script.start();
    for (let i = 0; i < 2; i++) {
      const p = await script.peer();
      p.write({ type: "error", code: "expired", message: "", retryable: true });
      await script.pass();
    }
    expect(c.state).toMatchObject({ phase: "ended", error: { name: "FatalError" } });
  });

  test("are asked for again if their source fails, unless it says that this is useless", async () => {
    let fail: Error | undefined = new Error("no network");
    const token = () => {
      if (fail) throw fail;
      return "token";
    };
    const c = script.start({ token });
    await script.pass(1000);
    expect(script.peers).toHaveLength(0);
    fail = undefined;
    (await script.peer()).welcome();
    fail = new FatalError("signed out");
    script.peers.at(-1)!.close(1006);
    await script.pass(20_000);
    expect(c.state).toEqual({ phase: "ended", error: fail });
  });

  test("that are refused end the client, with the code as the cause", async () => {
    const c = script.start();
    const p = await script.peer();
    p.write({ type: "error", code: "unauthorized", message: "no", retryable: false });
    await script.pass();
    expect(c.state).toMatchObject({ phase: "ended", error: { name: "FatalError", cause: { code: "unauthorized" } } });
  });
});

describe("sending", () => {
  const sends = (p: { all(type: "send"): wire.Send[] }) => p.all("send").map((s) => s.content.text);

  test("keeps one message of a channel under way, and channels apart", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    for (const text of ["a", "b"]) for (const to of ["bob", "cem"]) c.send({ to }, text + to);
    await script.pass();
    expect(sends(p)).toEqual(["abob", "acem"]);
    p.ack(p.all("send")[1]!, 1);
    await script.pass();
    expect(sends(p)).toEqual(["abob", "acem", "bcem"]);
    p.ack(p.all("send")[0]!, 1);
    await script.pass();
    expect(sends(p)).toEqual(["abob", "acem", "bcem", "bbob"]);
  });

  test("keeps the order of a channel in commands, too", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    for (const text of ["one", "two"]) c.request("send", { to: "bob", content: { text } }).catch(() => {});
    c.request("send", { channel: "ann~bob", content: { text: "three" } }).catch(() => {});
    await script.pass();
    expect(sends(p)).toEqual(["one"]);
    p.ack(p.all("send")[0]!, 1);
    await script.pass();
    expect(sends(p)).toEqual(["one", "two"]);
  });

  test("keeps the order of messages to a user and to the channel with that user", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    c.send({ to: "bob" }, "one");
    c.send({ channel: "ann~bob" }, "two");
    await script.pass();
    expect(sends(p)).toEqual(["one"]);
  });

  test("looks for a message that may be stored before it is written again", async () => {
    const c = script.start();
    let p = (await script.peer()).welcome();
    p.write(said("ann~bob", 4, 4));
    const one = c.send({ to: "bob" }, "one");
    const two = c.send({ to: "cem" }, "two");
    await script.pass();
    expect(sends(p)).toEqual(["one", "two"]);
    p.close(1006);
    p = (await script.peer()).welcome();
    await script.pass();
    const [bob, cem] = p.all("history");
    expect([bob?.after, cem?.after, sends(p)]).toEqual([4, undefined, []]);
    p.write({ type: "page", ref: bob!.ref, channel: "ann~bob", more: false, events: [said("ann~bob", 5, 6, { sender: "ann", client_id: one.clientID })] });
    p.write({ type: "page", ref: cem!.ref, channel: "ann~cem", more: false, events: [] });
    await expect(one.stored).resolves.toMatchObject({ seq: 5 });
    await script.pass();
    expect(p.all("send")).toMatchObject([{ client_id: two.clientID, content: { text: "two" } }]);
    p.ack(p.all("send")[0]!, 1);
    await expect(two.stored).resolves.toMatchObject({ seq: 1 });
  });

  test("turns the pages of a search", async () => {
    const c = script.start();
    let p = (await script.peer()).welcome();
    p.write(said("ann~bob", 4, 4));
    const one = c.send({ to: "bob" }, "one");
    await script.pass();
    p.close(1006);
    p = (await script.peer()).welcome();
    await script.pass();
    p.write({ type: "page", ref: p.all("history")[0]!.ref, channel: "ann~bob", more: true, events: [said("ann~bob", 5, 5), said("ann~bob", 6, 6)] });
    await script.pass();
    expect(p.all("history").map((h) => h.after)).toEqual([4, 6]);
    p.write({ type: "page", ref: p.all("history")[1]!.ref, channel: "ann~bob", more: false, events: [said("ann~bob", 7, 7, { sender: "ann", client_id: one.clientID })] });
    await expect(one.stored).resolves.toMatchObject({ seq: 7 });
  });

  test("is done when the message itself comes", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    const one = c.send({ to: "bob" }, "one");
    await script.pass();
    p.write(said("ann~bob", 1, 1, { sender: "bob", client_id: one.clientID }), said("ann~bob", 2, 2, { sender: "ann", client_id: one.clientID }));
    await expect(one.stored).resolves.toMatchObject({ seq: 2, client_id: one.clientID });
  });

  test("repeats what is refused for a while, after the time that the server asks for", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    const one = c.send({ to: "bob" }, "one");
    const two = c.send({ to: "cem" }, "two");
    await script.pass();
    p.refuse(p.all("send")[0]!, "too_fast", { retryable: true, retry_after: 5000, channel: "ann~bob" });
    p.refuse(p.all("send")[1]!, "unavailable", { retryable: true });
    await script.pass(2000);
    expect(sends(p)).toEqual(["one", "two", "two"]);
    p.ack(p.all("send")[2]!, 1);
    await script.pass(3100);
    expect(sends(p)).toEqual(["one", "two", "two", "one"]);
    expect(p.all("send")[3]?.client_id).toBe(one.clientID);
    p.ack(p.all("send")[3]!, 1);
    await Promise.all([one.stored, two.stored]);
  });

  test("writes nothing at all while the session is too fast", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    c.send({ to: "bob" }, "one");
    await script.pass();
    p.refuse(p.all("send")[0]!, "too_fast", { retryable: true, retry_after: 5000 });
    c.send({ to: "cem" }, "two");
    c.request("list_channels", {}).catch(() => {});
    await script.pass(4900);
    expect(p.got).toHaveLength(2);
    await script.pass(200);
    expect(p.got).toHaveLength(5);
  });

  test("does not write what is too large, and goes on behind it", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome({ limits: { ...wire.defaultLimits, frame_bytes: 1000 } });
    const large = c.send({ to: "bob" }, "🐸".repeat(250));
    const small = c.send({ to: "bob" }, "small");
    await script.pass();
    await expect(large.stored).rejects.toMatchObject({ code: "too_large" });
    expect(sends(p)).toEqual(["small"]);
    p.ack(p.all("send")[0]!, 1);
    await small.stored;
  });

  test("keeps within the limit of commands under way", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome({ limits: { ...wire.defaultLimits, in_flight: 2 } });
    for (const to of ["bob", "cem", "dot"]) c.send({ to }, to);
    await script.pass();
    expect(sends(p)).toEqual(["bob", "cem"]);
    p.ack(p.all("send")[0]!, 1);
    await script.pass();
    expect(sends(p)).toEqual(["bob", "cem", "dot"]);
  });

  test("begins a new connection if a reply is overdue and nothing else comes", async () => {
    const c = script.start();
    let p = (await script.peer()).welcome();
    await script.pass(1);
    c.request("list_channels", {}).catch(() => {});
    await script.pass(10_100);
    expect(p.open).toBe(false);
    p = (await script.peer()).welcome();
    await script.pass();
    expect(p.all("list_channels")).toHaveLength(1);
  });
});

describe("asking", () => {
  test("names what was seen, and adds a client id to changes", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    p.write(said("ann~bob", 1, 5));
    const asked = c.request("history", { channel: "ann~bob" });
    const changed = c.request("react", { channel: "ann~bob", seq: 1, emoji: "🐸" });
    await script.pass();
    expect(p.all("history")).toMatchObject([{ channel: "ann~bob", seen: [{ shard: 0, pos: 5 }] }]);
    const [react] = p.all("react");
    expect(react?.client_id).toMatch(/^[0-9a-f]{32}$/);
    p.write({ type: "ack", ref: react!.ref, id: "x", client_id: react!.client_id, channel: "ann~bob", seq: 0, shard: 1, pos: 9, timestamp: 1 });
    await changed;
    p.refuse(p.all("history")[0]!, "forbidden");
    await expect(asked).rejects.toMatchObject({ code: "forbidden" });
    c.request("list_channels", {}).catch(() => {});
    await script.pass();
    expect(p.all("list_channels")[0]?.seen).toEqual([{ shard: 0, pos: 5 }, { shard: 1, pos: 9 }]);
  });

  test("ends with its signal", async () => {
    const c = script.start();
    const stop = new AbortController();
    const asked = c.request("list_channels", {}, { signal: stop.signal });
    const changed = c.request("pin", { channel: "ann~bob", seq: 1 }, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await expect(changed).rejects.toMatchObject({ name: "UnansweredError", mayBeDone: false });
    const p = (await script.peer()).welcome();
    await script.pass();
    expect(p.got).toHaveLength(1);
    await expect(c.request("list_channels", {}, { signal: stop.signal })).rejects.toThrow("enough");
    const later = new AbortController();
    const under = c.request("pin", { channel: "ann~bob", seq: 1 }, { signal: later.signal });
    await script.pass();
    later.abort();
    await expect(under).rejects.toMatchObject({ mayBeDone: true });
  });
});

describe("being there", () => {
  test("is told to each session, as it was last set", async () => {
    const c = script.start();
    c.present("invisible");
    c.watch(["ann~bob"]);
    c.follow(["bob"]);
    let p = (await script.peer()).welcome();
    await script.pass();
    expect(p.got.slice(1)).toMatchObject([{ type: "set_presence", state: "invisible" }, { type: "watch", channels: ["ann~bob"] }, { type: "follow_presence", users: ["bob"] }]);
    c.watch(["ann~cem"]);
    c.watch([]);
    await script.pass();
    expect(p.all("watch").at(-1)?.channels).toEqual([]);
    p.close(1006);
    p = (await script.peer()).welcome();
    await script.pass();
    expect(p.got.slice(1)).toMatchObject([{ type: "set_presence", state: "invisible" }, { type: "watch", channels: [] }, { type: "follow_presence", users: ["bob"] }]);
    expect(() => c.watch(Array(21).fill("a~b"))).toThrow(RangeError);
  });

  test("news are told", async () => {
    const c = script.start();
    const got: unknown[] = [];
    for (const name of ["receipts", "presence", "typing", "profiles"] as const) c.on(name, (value) => got.push(value));
    const news = [
      { type: "receipts", channel: "ann~bob", cursors: [{ user: "bob", read: 3 }] },
      { type: "presence", users: [{ user: "bob", state: "online" }] },
      { type: "typing", channel: "ann~bob", user: "bob" },
      { type: "profiles", users: [{ user: "bob", name: "Bob", version: 2 }] },
    ] as const;
    (await script.peer()).welcome().write(...news);
    expect(got).toEqual([news[0], news[1].users, news[2], news[3].users]);
  });

  test("places are gathered, told in few commands, and told again to the next session", async () => {
    const c = script.start({ receipts: true });
    c.on("event", () => {});
    let p = (await script.peer()).welcome();
    for (let seq = 1; seq <= 50; seq++) p.write(said("ann~bob", seq, seq), said("ann~cem", seq, 100 + seq));
    p.write(said("ann~bob", 51, 200, { sender: "ann" }));
    for (let seq = 1; seq <= 30; seq++) c.read("ann~cem", seq);
    c.read("ann~cem", 7);
    await script.pass(1100);
    expect(p.all("received").map((r) => r.cursors)).toEqual([[{ channel: "ann~bob", seq: 50 }, { channel: "ann~cem", seq: 50 }]]);
    expect(p.all("read").map(({ channel, seq }) => [channel, seq])).toEqual([["ann~cem", 30]]);
    for (const command of [...p.all("received"), ...p.all("read")]) p.write({ type: "done", ref: command.ref });
    await script.pass(1100);
    expect(p.all("received")).toHaveLength(1);
    p.close(1006);
    p = (await script.peer()).welcome();
    await script.pass(1100);
    expect(p.all("read").map(({ channel, seq }) => [channel, seq])).toEqual([["ann~cem", 30]]);
    expect(p.all("received").flatMap((r) => r.cursors)).toContainEqual({ channel: "ann~bob", seq: 50 });
  });

  test("typing is told every three seconds", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    for (let i = 0; i < 10; i++) {
      c.typing("ann~bob");
      await script.pass(500);
    }
    expect(p.all("set_typing")).toHaveLength(2);
  });
});

describe("a command that nobody waits for any more", () => {
  test("is canceled at the server, if that has it", async () => {
    const c = script.start();
    const p = (await script.peer()).welcome();
    const given = new AbortController();
    const search = c.request("search", { query: "toad" }, { signal: given.signal });
    search.catch(() => {});
    await script.pass();
    given.abort();
    await expect(search).rejects.toThrow(/aborted/);
    await script.pass();
    expect(p.got.at(-1)).toEqual({ type: "cancel", command: p.all("search")[0]!.ref });

    const none = new AbortController();
    const unsent = c.request("search", { query: "newt" }, { signal: none.signal });
    none.abort();
    await expect(unsent).rejects.toThrow(/aborted/);
    await script.pass();
    expect(p.all("cancel")).toHaveLength(1);
  });

  test("is not canceled at a server that has lost it", async () => {
    const c = script.start();
    let p = (await script.peer()).welcome();
    const given = new AbortController();
    c.request("search", { query: "toad" }, { signal: given.signal }).catch(() => {});
    await script.pass();
    given.abort();
    p.close(1006);
    p = (await script.peer()).welcome();
    await script.pass();
    expect(p.all("cancel")).toEqual([]);
  });
});
