import { afterAll, beforeAll, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { Client, wire, type Options } from "../src/index.js";
import { Server, someone, until } from "./server.js";

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.close());

/** A WebSocket that a proxy on the way refuses. */
class Refused {
  readyState = 0;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    setTimeout(() => this.onclose?.({ code: 1006 }));
  }

  send(): void {}
  close(): void {}
}

const refused: Partial<Options> = { WebSocket: Refused as unknown as NonNullable<Options["WebSocket"]> };

/** Answers requests to a path as a proxy does that wants none of it. */
function without(path: string, answer: () => Response): typeof fetch {
  return async (input, init) => (String(input).endsWith(path) ? answer() : await fetch(input, init));
}

test("where no WebSocket gets through, events come as a stream", async () => {
  const c = server.client(someone("ann"), refused);
  expect(await c.connected()).toMatchObject({ transport: "stream" });
});

test.each([
  ["refused", () => new Response("<html>no</html>", { status: 403 })],
  ["something else", () => new Response("<html>hello</html>", { headers: { "Content-Type": "text/html" } })],
])("where streams are %s, too, they are fetched", async (_, answer) => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  const c = server.client(ann, { ...refused, fetch: without("/v1/stream", answer) });
  const got: string[] = [];
  c.on("event", (e) => e.kind === "message" && got.push(e.content!.text));
  expect(await c.connected()).toMatchObject({ transport: "poll" });
  await server.client(bob).send({ to: ann }, "hello").stored;
  await until(() => got.length === 1);
});

test("a proxy that holds a stream back is gone around", async () => {
  const c = server.client(someone("ann"), { ...refused, connectTimeoutMs: 1500, fetch: without("/v1/stream", () => new Response(new ReadableStream(), { headers: { "Content-Type": "text/event-stream" } })) });
  expect(await c.connected()).toMatchObject({ transport: "poll" });
});

test("what a session is told reaches the stream, and presence comes back", async () => {
  const [ann, bob] = [someone("ann"), someone("bob")];
  const [a, b] = [server.client(ann, { transport: "stream" }), server.client(bob, { transport: "stream" })];
  await Promise.all([a.connected(), b.connected()]);
  await a.send({ to: bob }, "hello").stored; // partners see each other
  const states: string[] = [];
  a.on("presence", (users) => states.push(...users.filter((u) => u.user === bob).map((u) => u.state)));
  a.follow([bob]);
  await until(() => states.at(-1) === "online");
  b.present("away");
  await until(() => states.at(-1) === "away");
  const typing = new Promise((resolve) => a.on("typing", resolve));
  b.typing([ann, bob].sort().join("~"));
  expect(await typing).toMatchObject({ user: bob });
  const read = new Promise((resolve) => a.on("receipts", (r) => r.cursors.some((c) => c.user === bob && c.read === 1) && resolve(r)));
  b.read([ann, bob].sort().join("~"), 1);
  await read;
});

test("a token that is wrong ends the client, over each transport", async () => {
  for (const transport of ["websocket", "stream", "poll"] as const) {
    const c = server.client("x", { transport, token: () => "wrong", WebSocket });
    await expect(c.connected(), transport).rejects.toMatchObject({ name: "FatalError", cause: { code: "unauthorized" } });
  }
});

test("over HTTP, empty polls have a pause between them, and few batches are under way at once", async () => {
  vi.useFakeTimers();
  const welcome = { type: "welcome", v: 1, session: "s", user: "ann", epoch: "e", positions: [0], recovered: true, time: 0, expires: 0, limits: wire.defaultLimits };
  let polls = 0;
  const posts: (() => void)[] = [];
  const answer = (frames: object[]) => new Response(frames.map((f) => JSON.stringify(f) + "\n").join(""));
  const played = async (url: string, init: { body: string }) => {
    if (!url.endsWith("/v1/frames")) {
      polls++;
      return answer([welcome]);
    }
    await new Promise<void>((resolve) => posts.push(resolve));
    return answer(init.body.split("\n").map((line) => ({ type: "channels", ref: (JSON.parse(line) as wire.ListChannels).ref, channels: [], more: false })));
  };
  const c = new Client({ urls: "http://x", token: () => "t", transport: "poll", fetch: played as unknown as typeof fetch }).start();
  await vi.advanceTimersByTimeAsync(5500);
  expect(polls).toBeGreaterThan(3);
  expect(polls).toBeLessThan(8);
  const asked: Promise<unknown>[] = [];
  for (let i = 0; i < 6; i++) {
    asked.push(c.request("list_channels", {}));
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(posts).toHaveLength(4);
  posts[0]!();
  await vi.advanceTimersByTimeAsync(1);
  expect(posts).toHaveLength(5);
  for (let i = 1; i < 6; i++) {
    posts[i]!();
    await vi.advanceTimersByTimeAsync(1);
  }
  await Promise.all(asked);
  const closing = c.close();
  await vi.advanceTimersByTimeAsync(1);
  await closing;
  vi.useRealTimers();
});
