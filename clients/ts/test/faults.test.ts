import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { directChannel, type Client, type Options, type wire } from "../src/index.js";
import { Proxy, type Fault } from "./proxy.js";
import { Server, someone, until } from "./server.js";

let server: Server;
let proxy: Proxy;
beforeAll(async () => {
  server = await Server.start();
  proxy = await Proxy.start(() => server.url);
});
afterAll(async () => {
  await server.close();
  await proxy.close();
});

const quick: Partial<Options> = { backoffMinMs: 10, backoffMaxMs: 300, replyTimeoutMs: 2000, connectTimeoutMs: 5000, WebSocket };

/** Collects what a client is told, and what must never happen. */
class Reader {
  readonly seqs = new Map<string, number[]>();
  readonly texts = new Map<string, string[]>();
  resets = 0;

  constructor(client: Client) {
    client.on("reset", () => this.resets++);
    client.on("event", (e: wire.Event) => {
      if (e.kind !== "message") return;
      this.seqs.set(e.channel, [...(this.seqs.get(e.channel) ?? []), e.seq!]);
      this.texts.set(e.channel, [...(this.texts.get(e.channel) ?? []), e.content!.text]);
    });
  }
}

/** Draws a fault for each connection, from none to one that comes at once. */
function draw(): Fault {
  const bytes = 200 + Math.floor(Math.random() ** 3 * 20_000);
  const dice = Math.random();
  if (dice < 0.3) return { cutAfter: bytes };
  if (dice < 0.4) return { stallAfter: bytes };
  if (dice < 0.7) return { deafAfter: bytes / 2 };
  if (dice < 0.8) return { refuse: true };
  return {};
}

describe.each(["websocket", "stream", "poll", "auto"] as const)("whatever happens to connections, over %s", (transport) => {
  test("each message is stored once, and read once, in order", { timeout: 300_000 }, async () => {
    const names = [someone("ann"), someone("bob"), someone("cem")];
    const [ann, bob, cem] = names as [string, string, string];
    const options = { ...quick, transport, urls: proxy.url };
    const clients = names.map((name) => server.client(name, options));
    const readers = clients.map((c) => new Reader(c));
    await Promise.all(clients.map((c) => c.connected()));
    const before = proxy.happened;
    let drawn = 0;
    proxy.fault = () => (drawn++ === 0 ? { refuse: true } : draw()); // one at least
    const each = 12;
    const sends: Promise<wire.Ack>[] = [];
    for (let i = 0; i < each; i++) {
      for (const [c, to] of [[0, bob], [0, cem], [1, ann], [2, ann]] as const) sends.push(clients[c]!.send({ to }, `${names[c]} ${i}`).stored);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (i % 4 === 3) proxy.cut();
    }
    const acks = await Promise.all(sends);
    proxy.fault = () => ({});
    proxy.cut();
    for (const [partner, reader] of [[bob, 1], [cem, 2]] as const) {
      const channel = directChannel(ann, partner);
      const want = Array.from({ length: 2 * each }, (_, i) => i + 1);
      for (const r of [readers[0]!, readers[reader]!]) {
        await until(() => (r.seqs.get(channel)?.length ?? 0) >= 2 * each);
        expect(r.seqs.get(channel)).toEqual(want);
        for (const sender of [ann, partner]) {
          expect(r.texts.get(channel)!.filter((t) => t.startsWith(sender))).toEqual(Array.from({ length: each }, (_, i) => `${sender} ${i}`));
        }
      }
      expect(acks.filter((a) => a.channel === channel).map((a) => a.seq).sort((a, b) => a - b)).toEqual(want);
    }
    expect(readers.map((r) => r.resets)).toEqual([0, 0, 0]);
    expect(proxy.happened).toBeGreaterThan(before);
  });
});

test("a server that is killed and comes back loses and doubles nothing", async () => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  const [a, b] = [server.client(ann, quick), server.client(bob, quick)];
  const reader = new Reader(b);
  await Promise.all([a.connected(), b.connected()]);
  const sends = Array.from({ length: 40 }, (_, i) => a.send({ to: bob }, String(i)).stored);
  await sends[5];
  await server.stop("SIGKILL");
  await until(() => a.state.phase === "waiting" && b.state.phase === "waiting");
  expect(a.sends().length).toBeGreaterThan(0);
  expect(a.sends().every((m) => m.state === "waiting")).toBe(true);
  await server.start();
  expect((await Promise.all(sends)).map((x) => x.seq)).toEqual(sends.map((_, i) => i + 1));
  const channel = directChannel(ann, bob);
  await until(() => reader.seqs.get(channel)?.length === 40);
  expect(reader.texts.get(channel)).toEqual(sends.map((_, i) => String(i)));
  expect(reader.resets).toBe(0);
  expect(a.sends()).toEqual([]);
});

test("a reader that is slower than the events misses none", async () => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  const [a, b] = [server.client(ann, quick), server.client(bob, { ...quick, maxEvents: 4 })];
  await Promise.all([a.connected(), b.connected()]);
  await Promise.all(Array.from({ length: 60 }, (_, i) => a.send({ to: bob }, String(i)).stored));
  const got: number[] = [];
  for await (const item of b.events()) {
    expect(item.type).toBe("event");
    if (item.type === "event" && item.kind === "message") got.push(item.seq!);
    if (got.length === 60) break;
  }
  expect(got).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
});
