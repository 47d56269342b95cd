import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TabLink } from "./tabs.ts";
import { Channel, Held, Locks, Page, told, until } from "./tabs.testing.ts";

let load: () => Promise<typeof Held>;
const stored = vi.hoisted(() => new Map<string, unknown>()); // what all tabs have in storage
vi.mock("natterjack", async (all) => ({
  ...(await all<object>()),
  IndexedDBStorage: class {
    async put(key: string, value: unknown): Promise<void> { stored.set(key, value); }
    async close(): Promise<void> {}
  },
}));
vi.mock("./directlazy.ts", () => ({ directLink: () => load() }));

let locks: Locks;
let page: Page; // on which all tabs are seen, or none
const links: TabLink[] = [];

/** Opens a tab of one user. */
function tab(): TabLink {
  const link = new TabLink("alice", async () => "token");
  links.push(link);
  return link;
}

beforeEach(() => {
  load = async () => Held;
  Held.all.length = 0;
  stored.clear();
  Object.assign(navigator, { locks: (locks = new Locks()) });
  Object.assign(globalThis, { document: (page = new Page()) });
});

afterEach(async () => {
  await Promise.all(links.splice(0).map((l) => l.close()));
});

test("a tab that cannot connect does not keep others from leading", async () => {
  load = () => new Promise(() => {}); // the server has other files by now
  const stuck = tab();
  told(stuck);
  load = async () => Held;
  const able = tab();
  told(able);
  await until(() => expect(able.leads.value).toBe(true));
  Held.all[0]!.welcomed(0);
  await until(() => expect(stuck.state.value.online).toBe(true));
});

test("a tab that joined before there was a connection goes on where the leader ended", async () => {
  const first = tab();
  told(first);
  await until(() => expect(first.leads.value).toBe(true));
  const second = tab();
  const heard = told(second);
  await until(() => expect(second.state.value.lostAt).toBe(1)); // it has joined
  Held.all[0]!.welcomed(7);
  Held.all[0]!.event(8);
  await until(() => expect(heard).toEqual(["connected", "event 8"]));
  await first.close();
  await until(() => expect(second.leads.value).toBe(true));
  expect(Held.all[1]!.resume).toEqual({ epoch: "e", positions: [8] });
  expect(heard).not.toContain("reset");
});

test("a tab reads everything again if a new leader begins elsewhere than it has ended", async () => {
  const first = tab();
  told(first);
  await until(() => expect(first.leads.value).toBe(true));
  const second = tab();
  const heard = told(second);
  await until(() => expect(second.state.value.lostAt).toBe(1)); // it has joined
  Held.all[0]!.welcomed(7);
  await until(() => expect(heard).toEqual(["connected"]));
  const other = new BroadcastChannel("natterjack.alice"); // of a tab that was not there before
  for (const from of [undefined, { epoch: "e", positions: [9] }, { epoch: "another", positions: [1] }]) {
    heard.length = 0;
    other.postMessage({ kind: "lead", by: "other", since: Number.MAX_VALUE, from });
    await until(() => expect(heard).toEqual(["reset"]));
  }
  other.postMessage({ kind: "lead", by: "other", since: Number.MAX_VALUE, from: { epoch: "another", positions: [0] } }); // it tells more than is missing
  other.postMessage({ kind: "news", by: "other", news: { name: "connected", args: [] } });
  await until(() => expect(heard).toEqual(["reset", "connected"]));
  other.close();
});

test("an upload that is given up ends, in the leading tab too", async () => {
  const [leading, following] = [tab(), tab()];
  told(leading);
  told(following);
  await until(() => expect(leading.leads.value).toBe(true));
  for (const link of [leading, following]) {
    const given = new AbortController();
    const upload = link.upload("c", new Blob(["x"]), { signal: given.signal });
    const many = Held.all[0]!.uploads.length;
    upload.catch(() => {});
    await until(() => expect(Held.all[0]!.uploads.length).toBeGreaterThan(link === leading ? 0 : many));
    given.abort();
    await expect(upload).rejects.toThrow("given up");
    await until(() => expect(Held.all[0]!.uploads.at(-1)!.aborted).toBe(true));
  }
});

test("a message is kept before there is anyone to send it", async () => {
  load = () => new Promise(() => {});
  const link = tab();
  told(link);
  link.send("c", { text: "hello" }, "m1");
  link.send("c", { text: "you" }, "m2");
  await until(() => expect([...stored.values()]).toMatchObject([{ clientID: "m1", channel: "c", content: { text: "hello" } }, { clientID: "m2" }]));
  expect([...stored.keys()].every((key) => key.startsWith("send/"))).toBe(true);
});

test("what was asked of a leader that closes is asked of the next one", async () => {
  const leading = tab();
  told(leading);
  await until(() => expect(leading.leads.value).toBe(true));
  const following = tab();
  told(following);
  const reply = following.request("list_channels", {});
  await until(() => expect(Held.all[0]!.asked).toEqual(["list_channels"]));
  await leading.close();
  await until(() => expect(Held.all[1]?.asked).toEqual(["list_channels"]));
  Held.all[1]!.answer!({ channels: [] });
  expect(await reply).toEqual({ channels: [] });
});

test("a question that is given up ends at the server, whichever tab has asked", async () => {
  const [leading, following] = [tab(), tab()];
  told(leading);
  told(following);
  await until(() => expect(leading.leads.value).toBe(true));
  for (const [i, link] of [leading, following].entries()) {
    const given = new AbortController();
    const found = link.request("search", { query: "toad" }, { signal: given.signal });
    found.catch(() => {});
    await until(() => expect(Held.all[0]!.signals).toHaveLength(i + 1));
    given.abort();
    await expect(found).rejects.toThrow("given up");
    await until(() => expect(Held.all[0]!.signals[i]!.aborted).toBe(true));
  }
});

describe("a tab that leads and is frozen", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
    vi.stubGlobal("BroadcastChannel", Channel);
    Channel.all.length = 0;
  });

  afterEach(async () => {
    const closed = Promise.all(links.splice(0).map((l) => l.close()));
    await vi.advanceTimersByTimeAsync(100);
    await closed;
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  /** Opens two tabs of which the first leads, and lets the browser freeze it. */
  async function frozen() {
    const first = tab();
    const heardByFirst = told(first);
    await pass(10);
    const second = tab();
    const heard = told(second);
    await pass(10);
    Held.all[0]!.welcomed(7);
    Held.all[0]!.event(8);
    await pass(10);
    Channel.all[0]!.frozen = locks.frozen = true;
    return { first, second, heard, heardByFirst };
  }

  function thaw(first: "told of the new one" | "told of the lock") {
    if (first === "told of the lock") locks.thaw();
    Channel.all[0]!.thaw();
    locks.thaw();
  }

  test("keeps the lead as long as it answers", async () => {
    const { first, second } = await frozen();
    thaw("told of the lock");
    await pass(60_000);
    expect([first.leads.value, second.leads.value]).toEqual([true, false]);
  });

  test("loses the lead to one that somebody sees", async () => {
    const { second, heard } = await frozen();
    page.turn(true);
    await pass(60_000);
    expect(second.leads.value).toBe(false);
    page.turn(false);
    await pass(2_900);
    expect(second.leads.value).toBe(false);
    await pass(200);
    expect(second.leads.value).toBe(true);
    expect(Held.all[1]!.resume).toEqual({ epoch: "e", positions: [8] });
    Held.all[1]!.welcomed();
    Held.all[1]!.event(9);
    await pass(10);
    expect(heard).toEqual(["connected", "event 8", "connected", "event 9"]);
  });

  test.each(["told of the new one", "told of the lock"] as const)("follows once it is back, and is %s first", async (order) => {
    const { first, second, heardByFirst, heard } = await frozen();
    const asked = second.request("list_channels", {});
    await pass(7_000);
    Held.all[1]!.answer!({ channels: [] });
    expect(await asked).toEqual({ channels: [] });
    Held.all[1]!.welcomed();
    Held.all[1]!.event(9);
    await pass(10);
    heardByFirst.length = heard.length = 0;
    Held.all[0]!.event(9); // its own connection goes on where it was
    thaw(order);
    await pass(10);
    expect([first.leads.value, second.leads.value]).toEqual([false, true]);
    expect(Held.all[0]!.closed).toBe(true);
    Held.all[0]!.event(10); // no tab hears what comes late
    Held.all[1]!.event(10);
    await pass(10);
    expect(heardByFirst.filter((h) => h === "event 10")).toHaveLength(1);
    expect(heard.filter((h) => h.startsWith("event"))).toEqual(["event 10"]);
    first.request("list_channels", {}).catch(() => {});
    await pass(10);
    expect(Held.all[1]!.asked).toHaveLength(2);
    await pass(60_000);
    expect([first.leads.value, second.leads.value]).toEqual([false, true]);
    const closed = second.close();
    await pass(10);
    await closed;
    expect(first.leads.value).toBe(true);
  });
});
