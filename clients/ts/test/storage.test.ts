import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { directChannel, IndexedDBStorage, keepMessage, MemoryStorage, newClientID, type Client, type Options, type Outgoing, type Storage, type wire } from "../src/index.js";
import { Proxy } from "./proxy.js";
import { Server, someone, until } from "./server.js";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.close());

describe.each([
  ["memory", () => new MemoryStorage()],
  ["IndexedDB", () => new IndexedDBStorage(someone("db"))],
] as [string, () => Storage][])("storage in %s", (_, make) => {
  test("keeps values until they are deleted, in the order of keys", async () => {
    const s = make();
    expect(await s.get("a")).toBeUndefined();
    const value = { text: "🐸", list: [1, undefined] };
    await s.put("p/2", value);
    value.text = "changed";
    await Promise.all([s.put("p/10", 10), s.put("q", 0), s.put("p/1", 1), s.put("p/3", 3)]);
    expect(await s.get("p/2")).toEqual({ text: "🐸", list: [1, undefined] });
    expect((await s.list("p/")).map(([key]) => key)).toEqual(["p/1", "p/10", "p/2", "p/3"]);
    await s.delete("p/1");
    expect((await s.list("p/")).map(([key]) => key)).toEqual(["p/10", "p/2", "p/3"]);
    expect(await s.list("none")).toEqual([]);
  });

  test("messages survive the end of the program, in their order", async () => {
    const [ann, bob, s] = [someone("ann"), someone("bob"), make()];
    const nowhere = "http://127.0.0.1:9"; // nobody listens there
    const first = server.client(ann, { urls: nowhere, storage: s });
    await first.loaded;
    for (const text of ["one", "two", "three"]) first.send({ to: bob }, text);
    await until(() => first.state.phase === "waiting");
    expect(first.sends().map((m) => [m.content.text, m.state])).toEqual([["one", "waiting"], ["two", "waiting"], ["three", "waiting"]]);
    await keptBy(s, 3);
    await first.close();
    const second = server.client(ann, { storage: s });
    second.send({ to: bob }, "four"); // behind those of before, although they are not read yet
    await until(() => second.state.phase === "connected" && second.sends().length === 0);
    expect(await texts(second, directChannel(ann, bob))).toEqual(["one", "two", "three", "four"]);
    await keptBy(s, 0);
  });

  test("a message that another program keeps is sent once, whether it is handed over or not", async () => {
    const [ann, bob, s] = [someone("ann"), someone("bob"), make()];
    const channel = directChannel(ann, bob);
    await keepMessage(s, { channel }, { text: "left" }, newClientID());
    const client = server.client(ann, { storage: s });
    await client.connected();
    const clientID = newClientID();
    const key = await keepMessage(s, { channel }, { text: "handed over" }, clientID);
    await client.send({ channel }, "handed over", { clientID, key }).stored;
    expect(await texts(client, channel)).toEqual(["left", "handed over"]);
    await keptBy(s, 0);
  });

  test("a message whose ack was lost with the program is stored once", async () => {
    const [ann, bob, s] = [someone("ann"), someone("bob"), make()];
    const proxy = await Proxy.start(() => server.url);
    const first = server.client(ann, { urls: proxy.url, storage: s, transport: "poll" });
    await first.connected();
    proxy.fault = () => ({ deafAfter: 0 });
    proxy.cut();
    const channel = directChannel(ann, bob);
    first.send({ to: bob }, "once");
    const other = server.client(bob);
    await other.connected();
    await until(() => proxy.happened > 0);
    for (let stored = false; !stored; ) stored = (await texts(other, channel).catch(() => [])).length > 0;
    expect(first.sends()).toHaveLength(1);
    await first.close();
    const changes: Outgoing[] = [];
    const second = server.client(ann, { storage: s });
    second.on("send", (m) => changes.push(m));
    await until(() => changes.some((m) => m.state === "stored"));
    expect(changes.at(-1)?.ack?.seq).toBe(1);
    expect(await texts(second, channel)).toEqual(["once"]);
    await proxy.close();
  });

  test("a message with files survives the end of the program, and holds up no others", async () => {
    const [ann, bob, s] = [someone("ann"), someone("bob"), make()];
    let open = false;
    const shut: typeof fetch = async (input, init) => {
      if (init?.method === "PUT" && !open) throw new TypeError("fetch failed");
      return await fetch(input, init);
    };
    const first = server.client(ann, { storage: s, fetch: shut, backoffMinMs: 10 });
    const files = ["one", "two"].map((text) => ({ file: new Blob([text.repeat(1000)], { type: "text/plain" }), name: text + ".txt", caption: text }));
    first.send({ to: bob }, { text: "here they are" }, { files });
    await first.send({ to: bob }, "meanwhile").stored;
    expect(first.sends()).toMatchObject([{ state: "waiting", files: [{ name: "one.txt", stored: 0 }, { name: "two.txt", stored: 0 }] }]);
    await first.close();
    open = true;
    const second = server.client(ann, { storage: s, fetch: shut });
    const told: Outgoing[] = [];
    second.on("send", (m) => told.push(m));
    await until(() => told.at(-1)?.state === "stored");
    expect(told.some((m) => m.state === "waiting" && m.files.every((f) => f.stored === 3000))).toBe(true);
    const { events } = await second.request("history", { channel: directChannel(ann, bob) });
    expect(events.map((e) => e.content!.text)).toEqual(["meanwhile", "here they are"]);
    expect(events[1]!.content!.attachments).toMatchObject([{ name: "one.txt", caption: "one", size: 3000 }, { name: "two.txt", caption: "two" }]);
    await keptBy(s, 0);
  });

  test("a refused message stays until it is sent again or discarded", async () => {
    const [ann, s] = [someone("ann"), make()];
    const c = server.client(ann, { storage: s });
    const { clientID, stored } = c.send({ channel: "gaaaaaaaaaaaaaaaaaaaaaaaa" }, "to nobody");
    await expect(stored).rejects.toMatchObject({ code: "forbidden" });
    expect(c.sends()).toMatchObject([{ clientID, state: "failed", error: { code: "forbidden" } }]);
    await keptBy(s, 1);
    await c.close();
    const d = server.client(ann, { storage: s });
    await d.loaded;
    expect(d.sends()).toMatchObject([{ clientID, state: "failed", error: { code: "forbidden" } }]);
    await expect(d.retry(clientID)).rejects.toMatchObject({ code: "forbidden" });
    expect(d.discard(clientID)).toBe(true);
    expect(d.sends()).toEqual([]);
    await keptBy(s, 0);
  });

  test("reading goes on where the program before has stopped", async () => {
    const [ann, bob, s] = [someone("ann"), someone("bob"), make()];
    const a = server.client(ann);
    const options: Partial<Options> = { storage: s, resume: "stored" };
    const first = server.client(bob, options);
    const got: string[] = [];
    const listen = (c: Client) => c.on("event", (e: wire.Event) => e.kind === "message" && got.push(e.content!.text));
    listen(first);
    await first.connected();
    await a.send({ to: bob }, "here").stored;
    await until(() => got.length === 1);
    await first.close();
    await a.send({ to: bob }, "away").stored;
    const second = server.client(bob, options);
    listen(second);
    expect(await second.connected()).toMatchObject({ recovered: true });
    await a.send({ to: bob }, "back").stored;
    await until(() => got.length === 3);
    expect(got).toEqual(["here", "away", "back"]);
  });

  test("the first position is kept before any event comes", async () => {
    const [ann, bob, s] = [someone("ann"), someone("bob"), make()];
    const options: Partial<Options> = { storage: s, resume: "stored" };
    const first = server.client(bob, options);
    await first.connected();
    for (let kept = false; !kept; ) kept = (await s.get("position")) !== undefined;
    await first.close();
    await server.client(ann).send({ to: bob }, "away").stored;
    const second = server.client(bob, options);
    const got = new Promise((resolve) => second.on("event", (e) => e.kind === "message" && resolve(e.content!.text)));
    expect(await got).toBe("away");
  });

  test("a storage belongs to one user", async () => {
    const s = make();
    const c = server.client(someone("ann"), { storage: s });
    await c.connected();
    await c.close();
    await expect(server.client(someone("bob"), { storage: s }).connected()).rejects.toMatchObject({ name: "FatalError" });
  });
});

test("a message whose files are refused has failed, and goes out when it is sent again", async () => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  let full = true;
  const storage: typeof fetch = async (input, init) => (init?.method === "PUT" && full ? new Response("full", { status: 507 }) : await fetch(input, init));
  const c = server.client(ann, { fetch: storage, backoffMinMs: 1, backoffMaxMs: 5 });
  const files = [{ file: new Blob(["bytes"]), name: "x" }];
  const one = c.send({ to: bob }, "", { files });
  await expect(one.stored).rejects.toMatchObject({ name: "TransferError", status: 507 });
  expect(c.sends()).toMatchObject([{ state: "failed", error: { code: "storage_full" } }]);
  full = false;
  expect(await c.retry(one.clientID)).toMatchObject({ seq: 1 });
  full = true;
  const two = c.send({ to: bob }, "", { files: [{ file: new Blob(["others"]), name: "y" }] });
  expect(c.discard(two.clientID)).toBe(true);
  await expect(two.stored).rejects.toMatchObject({ name: "AbortError" });
  expect(() => c.send({ to: bob }, "", { files: Array(11).fill(files[0]) })).toThrow(RangeError);
});

test("what was sent before storage was read is sent once, and behind what is there", async () => {
  const [ann, bob, s] = [someone("ann"), someone("bob"), new MemoryStorage()];
  const slow: Storage = {
    get: (key) => s.get(key),
    put: (key, value) => s.put(key, value),
    delete: (key) => s.delete(key),
    list: async (prefix) => {
      await until(() => sent); // so that the list has what was sent meanwhile
      return await s.list(prefix);
    },
  };
  let sent = false;
  // As of a clock that was ahead.
  await s.put("send/8999999999999999/before", { clientID: "before", to: bob, content: { text: "before" }, created: 1 });
  const c = server.client(ann, { storage: slow });
  const { stored } = c.send({ to: bob }, "after");
  sent = true;
  await stored;
  expect(await texts(c, directChannel(ann, bob))).toEqual(["before", "after"]);
  expect(c.sends()).toEqual([]);
  const puts: string[] = [];
  slow.put = async (key, value) => (puts.push(key), await s.put(key, value));
  await c.send({ to: bob }, "last").stored;
  expect(puts.filter((key) => key.startsWith("send/")).every((key) => key > "send/8999999999999999/before")).toBe(true);
});

test("a message that is discarded before it goes out is not sent", async () => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  const c = server.client(ann, { urls: "http://127.0.0.1:9" });
  const one = c.send({ to: bob }, "one");
  expect(c.discard(one.clientID)).toBe(true);
  await expect(one.stored).rejects.toMatchObject({ name: "AbortError" });
  expect(c.sends()).toEqual([]);
});

test("many messages are discarded while they go out, and none holds up the others", async () => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  const c = server.client(ann);
  await c.connected();
  const all = Array.from({ length: 30 }, (_, i) => c.send({ to: bob }, String(i)));
  const gone = new Set<string>();
  for (const [i, { clientID }] of all.entries()) {
    if (i % 3 === 1 && c.discard(clientID)) gone.add(String(i));
    if (i % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await until(() => c.sends().length === 0);
  await c.send({ to: bob }, "end").stored;
  const stored = await texts(c, directChannel(ann, bob));
  expect(stored.filter((text) => gone.has(text))).toEqual([]);
  expect(stored).toEqual([...stored].sort((a, b) => (a === "end" ? 1 : b === "end" ? -1 : Number(a) - Number(b))));
  for (const i of all.keys()) if (i % 3 !== 1) expect(stored).toContain(String(i));
});

async function texts(c: Client, channel: string): Promise<string[]> {
  return (await c.request("history", { channel })).events.map((e) => e.content!.text);
}

/** Waits until so many messages are kept. */
async function keptBy(s: Storage, n: number): Promise<void> {
  while ((await s.list("send/")).length !== n) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("what a page has no time to keep", () => {
  /** Is the local storage of a browser: what it holds are members of their own. */
  class LocalStorage {
    [place: string]: unknown;
    setItem(place: string, value: string): void { this[place] = value; }
    removeItem(place: string): void { delete this[place]; }
  }
  beforeEach(() => vi.stubGlobal("localStorage", new LocalStorage()));
  afterEach(() => vi.unstubAllGlobals());

  /** Puts a value on a page that ends before the database has it. */
  function putAndEnd(name: string, key: string, value: unknown): void {
    const open = vi.spyOn(indexedDB, "open").mockReturnValue({} as IDBOpenDBRequest); // never answers
    void new IndexedDBStorage(name).put(key, value, true);
    open.mockRestore();
  }

  test("is kept by the next one, once", async () => {
    const name = someone("db");
    putAndEnd(name, "send/1", { text: "🐸" });
    putAndEnd(someone("db"), "send/1", { text: "of somebody else" });
    const next = new IndexedDBStorage(name);
    expect(await next.list("")).toEqual([["send/1", { text: "🐸" }]]);
    await next.delete("send/1");
    await next.close();
    expect(await next.list("")).toEqual([]);
  });

  test("does not take the place of what is kept", async () => {
    const name = someone("db"), first = new IndexedDBStorage(name);
    await first.put("send/1", { text: "newer" });
    await first.close();
    putAndEnd(name, "send/1", { text: "older" });
    putAndEnd(name, "send/2", { text: "the next" });
    expect(await new IndexedDBStorage(name).list("")).toEqual([["send/1", { text: "newer" }], ["send/2", { text: "the next" }]]);
  });

  test("does not keep the database from opening, whatever is in its place", async () => {
    const name = someone("db");
    putAndEnd(name, "send/1", { text: "🐸" });
    const place = Object.keys(localStorage)[0]!;
    localStorage.setItem(place.replace("send/1", "send/0"), "{");
    expect(await new IndexedDBStorage(name).list("")).toEqual([["send/1", { text: "🐸" }]]);
    vi.stubGlobal("localStorage", undefined);
    expect(await new IndexedDBStorage(someone("db")).list("")).toEqual([]);
  });

  test("goes with the database, and nothing of it stays behind", async () => {
    const name = someone("db"), storage = new IndexedDBStorage(name);
    await storage.put("send/1", { text: "kept" }, true);
    expect(Object.keys(localStorage)).toEqual([]);
    putAndEnd(name, "send/2", { text: "not kept" });
    expect(Object.keys(localStorage)).toHaveLength(1);
    await storage.remove();
    expect(Object.keys(localStorage)).toEqual([]);
  });
});
