import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { directChannel, newPushID, newWebhookSecret, type Item, type Options, type wire } from "../src/index.js";
import { Server, someone, until } from "./server.js";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.close());

const overWebSocket: Partial<Options> = { WebSocket };

describe.each([
  ["websocket", { ...overWebSocket, transport: "websocket" }],
  ["stream", { transport: "stream" }],
  ["poll", { transport: "poll" }],
] as [string, Partial<Options>][])("over %s", (transport, options) => {
  test("two users talk", async () => {
    const [ann, bob] = [someone("ann"), someone("bob")];
    const [a, b] = [server.client(ann, options), server.client(bob, options)];
    const got: wire.Event[] = [];
    b.on("event", (e) => got.push(e));
    expect(await a.connected()).toMatchObject({ transport, user: ann, recovered: false });
    await b.connected();
    const acks = await Promise.all([..."Hello"].map((text) => a.send({ to: bob }, text).stored));
    expect(acks.map((x) => x.seq)).toEqual([1, 2, 3, 4, 5]);
    await until(() => got.filter((e) => e.kind === "message").length === 5);
    expect(got.map((e) => e.content?.text ?? e.meta?.action)).toEqual(["created", ..."Hello"]);
    const page = await b.request("history", { channel: directChannel(ann, bob) });
    expect(page.events.map((e) => e.content?.text)).toEqual([..."Hello"]);
    await b.request("react", { channel: page.channel, seq: 1, emoji: "🐸" });
    await until(() => got.at(-1)?.kind === "reaction");
  });

  test("events are read in a loop until the client ends", async () => {
    const me = someone("cem");
    const c = server.client(me, options);
    await c.connected();
    const items: Item[] = [];
    const reading = (async () => {
      for await (const item of c.events()) {
        items.push(item);
        if (items.length === 3) break;
      }
    })();
    void c.send({ to: me }, "one");
    await c.send({ to: me }, "two").stored;
    await reading;
    expect(items.map((i) => i.type === "event" && (i.content?.text ?? i.kind))).toEqual(["meta", "one", "two"]);
    expect(c.position?.positions.some((p) => p > 0)).toBe(true);
  });
});

test("a device is told, and tells what became of that", async () => {
  const c = server.client(someone("eli"));
  const offered = await c.request("get_push", {});
  expect(offered).toMatchObject({ on: true, reason: "no_public_url", kinds: ["webhook"], subscriptions: [] });
  const [id, key] = [newPushID(), newWebhookSecret()];
  const hook = { id, kind: "webhook", label: "pager", key } as const;
  await expect(c.request("subscribe_push", { ...hook, address: "https://127.0.0.1/" })).rejects.toMatchObject({ code: "invalid" });
  await c.request("subscribe_push", { ...hook, address: "https://hooks.example.com/pager" });
  expect((await c.request("get_push", {})).subscriptions).toMatchObject([{ id, kind: "webhook", label: "pager", state: "ok" }]);
  expect(await c.request("test_push", { id })).toMatchObject({ type: "push_tested", result: "again" }); // there is no such host
  expect(await c.request("get_push_log", { limit: 20 })).toMatchObject({ entries: [], more: false });
  await c.request("unsubscribe_push", { id });
  expect((await c.request("get_push", {})).subscriptions).toEqual([]);
  expect(newPushID()).not.toBe(id);
});

test("a refusal has a code", async () => {
  const c = server.client(someone("dot"));
  await expect(c.request("history", { channel: "gaaaaaaaaaaaaaaaaaaaaaaaa" })).rejects.toMatchObject({ name: "RefusedError", code: "forbidden", retryable: false });
});
