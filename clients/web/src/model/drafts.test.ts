import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Drafts } from "./drafts.ts";
import type { Link } from "./link.ts";

const channel = "alice~bob";
const name = `client/draft/${channel}`;
const long = "the marsh was loud last night. ".repeat(50);

let server: Map<string, string>, sets: string[], reachable: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  [server, sets, reachable] = [new Map(), [], true];
});
afterEach(() => vi.useRealTimers());

const link = {
  request: async (what: string, params: { name: string; value: string }) => {
    if (!reachable) return await new Promise(() => {});
    if (what === "get_settings") return { settings: [...server].map(([name, value]) => ({ name, value })), more: false };
    sets.push(params.value);
    if (params.value) server.set(params.name, params.value);
    else server.delete(params.name);
  },
} as unknown as Link;

/** Opens the app on this device, in a tab or again after a reload. */
async function opened(): Promise<Drafts> {
  const drafts = new Drafts("alice", link);
  await drafts.begin();
  return drafts;
}

const paused = () => vi.advanceTimersByTimeAsync(3000);
const text = (d: Drafts) => d.of(channel).peek()?.text;

test("a draft is told after a pause, and taken by a device that has none", async () => {
  (await opened()).keep(channel, { text: "croak" });
  await paused();
  localStorage.clear(); // another device has nothing
  expect(text(await opened())).toBe("croak");
});

test("a draft that is too long to tell is whole after a reload, and no older one stays elsewhere", async () => {
  const drafts = await opened();
  drafts.keep(channel, { text: "the marsh" });
  await paused();
  drafts.keep(channel, { text: long });
  await paused();
  drafts.keep(channel, { text: long + "!" });
  await paused();
  expect(text(await opened())).toBe(long + "!");
  expect(sets).toEqual([JSON.stringify({ text: "the marsh" }), ""]);
});

test("a draft that was sent does not come back after a reload, though nobody could be told", async () => {
  const drafts = await opened();
  drafts.keep(channel, { text: "croak" });
  await paused();
  reachable = false;
  drafts.keep(channel, undefined);
  drafts.flush();
  drafts.close();
  reachable = true;
  expect(text(await opened())).toBeUndefined();
  expect(server.size).toBe(0);
});

test("a change that could not be told is told after a reload", async () => {
  const drafts = await opened();
  drafts.keep(channel, { text: "croak" });
  await paused();
  drafts.keep(channel, { text: "croak croak" });
  drafts.close();
  expect(text(await opened())).toBe("croak croak");
  expect(server.get(name)).toBe(JSON.stringify({ text: "croak croak" }));
});

test("a draft goes when another device has sent it, also while this one was away", async () => {
  const drafts = await opened();
  drafts.keep(channel, { text: "croak" });
  await paused();
  drafts.receive({ name, value: "" });
  expect(text(drafts)).toBeUndefined();
  drafts.keep(channel, { text: "quack" });
  await paused();
  server.clear();
  expect(text(await opened())).toBeUndefined();
});

test("the draft of another device takes the place of one that was told", async () => {
  const drafts = await opened();
  drafts.keep(channel, { text: "croak" });
  await paused();
  drafts.receive({ name, value: JSON.stringify({ text: "quack" }) });
  expect(text(drafts)).toBe("quack");
});

test("a long draft of one tab survives what another tab hears", async () => {
  const [one, two] = [await opened(), await opened()];
  one.keep(channel, { text: "croak" });
  await paused();
  two.receive({ name, value: JSON.stringify({ text: "croak" }) });
  one.keep(channel, { text: long });
  await paused();
  two.receive({ name, value: "" });
  expect(text(two)).toBe(long);
  expect(text(await opened())).toBe(long);
});

test("nothing is kept here of a user who signs out, and the other devices have what was told", async () => {
  const drafts = await opened();
  drafts.keep(channel, { text: "croak" });
  drafts.flush();
  drafts.forget();
  await paused();
  expect(Object.keys(localStorage)).toEqual([]);
  expect(server.get(name)).toBe(JSON.stringify({ text: "croak" }));
});
