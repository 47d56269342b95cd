import { describe, expect, test } from "vitest";
import { Conversation } from "./conversation.ts";
import type { Link } from "./link.ts";
import type { Event, Message } from "./wire.ts";

const channel = "alice~bob";

const message = (seq: number): Message =>
  ({ type: "event", kind: "message", shard: 0, pos: seq, channel, version: seq, id: `i${seq}`, sender: "bob", seq, timestamp: seq, content: { text: `t${seq}` } }) as Message;

/** Returns an event of the channel itself, behind the message with a seq. */
const change = (version: number, last: number): Event =>
  ({ type: "event", kind: "meta", channel, version, sender: "bob", timestamp: last, meta: { action: "joined" }, ...(last && { last }) }) as Event;

interface Asked {
  before?: number;
  after?: number;
  limit: number;
  changes?: boolean;
}

/** A channel's history, as a server pages it: no page holds more than most. */
class History {
  asked: Asked[] = [];
  most = 100;
  changes: Event[] = [];
  /** Holds back a page that was read, until the promise resolves. */
  hold: () => Promise<void> = async () => {};

  constructor(public newest: number) {}

  readonly link = {
    request: async (_: string, { before = this.newest + 1, after, limit, changes: wanted = false }: Asked) => {
      this.asked.push({ before, limit, ...(after !== undefined && { after }) });
      const n = Math.min(limit, this.most);
      const [from, to] = after === undefined ? [Math.max(1, before - n), before - 1] : [after + 1, Math.min(this.newest, after + n)];
      const events = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => message(from + i));
      const more = after === undefined ? from > 1 : to < this.newest;
      const lowest = after === undefined ? (more ? from : 0) : after + 1;
      const highest = after === undefined ? (before > this.newest ? Infinity : before - 1) : more ? to : Infinity;
      const changes = this.changes.filter(({ last = 0 }) => last >= lowest && last <= highest);
      await this.hold();
      return { events, more, ...(wanted && changes.length > 0 && { changes }) };
    },
  } as unknown as Link;

  open(): Conversation {
    return new Conversation(channel, "alice", this.link);
  }
}

const seqs = (c: Conversation): number[] => c.messages.peek().map((m) => m.seq);
const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const settled = (): Promise<void> => new Promise((done) => setTimeout(done)); // all answers here are microtasks

describe("messages that did not come", () => {
  test("are read in between, in as many pages as that takes", async () => {
    const h = new History(60);
    const c = h.open();
    await c.open({ at: "newest" });
    h.newest = 121;
    h.most = 25;
    c.receive(message(121));
    await settled();
    expect(seqs(c)).toEqual(run(11, 121));
  });

  test("are not read from their old end if they are many: the newest are shown", async () => {
    const h = new History(60);
    const c = h.open();
    await c.open({ at: "newest" });
    h.newest = 500;
    c.receive(message(500));
    await settled();
    expect(seqs(c)).toEqual(run(451, 500));
    expect(c.atEnd.peek()).toBe(true);
  });

  test("wait for somebody who reads further up to come down", async () => {
    const h = new History(60);
    const c = h.open();
    await c.open({ at: "newest" });
    c.following = false;
    h.newest = 500;
    c.receive(message(500));
    await settled();
    expect(seqs(c)).toEqual(run(11, 60));
    expect(c.atEnd.peek()).toBe(false);
    await c.newer();
    expect(seqs(c)).toEqual(run(11, 110));
  });

  test("leave no hole if they are refused", async () => {
    const h = new History(60);
    const c = h.open();
    await c.open({ at: "newest" });
    h.newest = 70;
    h.hold = () => Promise.reject(new Error("refused"));
    c.receive(message(70));
    await settled();
    expect(seqs(c)).toEqual(run(11, 60));
    expect(c.atEnd.peek()).toBe(false);
  });
});

test("who is no member any more sees nothing, and what they read too late does not come back", async () => {
  const h = new History(60);
  const c = h.open();
  await c.open({ at: "newest" });
  const older = c.older();
  c.end();
  await older;
  c.receive(message(61) as Event);
  expect(seqs(c)).toEqual([]);
  expect(c.failed.peek()).toMatchObject({ code: "forbidden" });
});

test("a message that comes while the last page is read stands behind it", async () => {
  const h = new History(60);
  const c = h.open();
  await c.open({ at: "message", seq: 20 });
  c.following = false;
  expect(seqs(c).at(-1)).toBe(60);
  expect(c.atEnd.peek()).toBe(true);
  h.newest = 400;
  c.receive(message(400)); // more than can be read in between
  h.newest = 110;
  expect(c.atEnd.peek()).toBe(false);
  h.hold = async () => {
    h.newest = 111;
    c.receive(message(111));
    c.receive({ kind: "edit", channel, target: 110, pos: 999, version: 999, content: { text: "edited" }, timestamp: 1 } as Event);
  };
  await c.newer();
  expect(seqs(c)).toEqual(run(1, 111));
  expect(c.messages.peek().find((m) => m.seq === 110)?.content?.text).toBe("edited");
  expect(c.atEnd.peek()).toBe(true);
});

test("what becomes of an older message while its page is read is not lost", async () => {
  const h = new History(100);
  const c = h.open();
  await c.open({ at: "newest" });
  h.hold = async () => c.receive({ kind: "delete", channel, target: 50, pos: 999, version: 999, timestamp: 1 } as Event);
  await c.older();
  expect(seqs(c)).toEqual(run(1, 100));
  expect(c.messages.peek().find((m) => m.seq === 50)?.deleted).toBe(true);
});

describe("an older page", () => {
  test("is put before what is there in steps, each an unbroken run", async () => {
    const h = new History(1000);
    const c = h.open();
    await c.open({ at: "newest" });
    const steps: number[][] = [];
    const end = c.messages.subscribe((all) => void steps.push(all.map((m) => m.seq)));
    await c.older();
    end();
    expect(steps).toEqual([run(951, 1000), run(926, 1000), run(901, 1000)]);
    expect(c.atStart.peek()).toBe(false);
  });

  test("leaves no hole if what came meanwhile has driven its place out", async () => {
    const h = new History(1000);
    const c = h.open();
    await c.open({ at: "newest" });
    h.hold = async () => {
      for (let seq = 1001; seq <= 1230; seq++) c.receive(message(seq));
    };
    await c.older();
    expect(seqs(c)).toEqual(run(991, 1230));
    expect(c.atStart.peek()).toBe(false);
  });
});

test("who leaves with the end on screen keeps the newest page, and one who reads further up keeps all", async () => {
  const h = new History(1000);
  const c = h.open();
  await c.open({ at: "newest" });
  await c.older();
  c.following = false;
  c.rest();
  expect(seqs(c)).toEqual(run(901, 1000));
  c.following = true;
  c.rest();
  expect(seqs(c)).toEqual(run(951, 1000));
  const older = c.older();
  c.rest(); // the page that is being read still has its place
  await older;
  expect(seqs(c)).toEqual(run(901, 1000));
});

describe("what happened between the messages", () => {
  /**
   * Returns a channel in which something happens before the first message, and behind every tenth.
   */
  function eventful(newest: number): History {
    const h = new History(newest);
    h.changes = Array.from({ length: newest / 10 + 1 }, (_, i) => [change(20 * i + 1, 10 * i), change(20 * i + 2, 10 * i)]).flat();
    return h;
  }
  const versions = (events: readonly Event[]) => events.map((e) => e.version);
  const complete = (h: History, c: Conversation) => {
    const first = c.atStart.peek() ? 0 : seqs(c)[0]!;
    const last = c.atEnd.peek() ? Infinity : seqs(c).at(-1)!;
    expect(versions(c.notes.peek())).toEqual(versions(h.changes.filter((e) => (e.last ?? 0) >= first && (e.last ?? 0) <= last)));
  };

  test("is there after a reload, and as one reads on in either direction", async () => {
    const h = eventful(600);
    const c = h.open();
    await c.open({ at: "newest" });
    complete(h, c);
    expect(c.notes.peek()).toHaveLength(10);
    while (!c.atStart.peek()) {
      await c.older();
      complete(h, c);
    }
    expect(c.notes.peek()[0]!.version).toBe(1);
    while (!c.atEnd.peek()) {
      await c.newer();
      complete(h, c);
    }
    for (const seq of [1, 5, 300, 600]) {
      await c.open({ at: "message", seq });
      complete(h, c);
      await c.older();
      await c.newer();
      complete(h, c);
    }
    c.following = true;
    await c.open({ at: "newest" });
    await c.older();
    c.rest();
    complete(h, c);
  });

  test("is there once, though it also comes live", async () => {
    const h = eventful(60);
    const c = h.open();
    h.hold = async () => c.receive(h.changes.at(-1)!);
    await c.open({ at: "newest" });
    h.changes.push(change(999, 60));
    c.receive(change(999, 60));
    c.receive(change(999, 60));
    complete(h, c);
    h.newest = 61;
    c.receive(message(61));
    complete(h, c);
  });

  test("is kept in a channel without messages", async () => {
    const h = new History(0);
    h.changes = [change(1, 0), change(2, 0)];
    const c = h.open();
    await c.open({ at: "newest" });
    expect(versions(c.notes.peek())).toEqual([1, 2]);
  });

  test("waits for somebody who reads further up to come down", async () => {
    const h = eventful(600);
    const c = h.open();
    await c.open({ at: "message", seq: 300 });
    h.changes.push(change(9999, 600));
    c.receive(change(9999, 600));
    complete(h, c);
    while (!c.atEnd.peek()) await c.newer();
    complete(h, c);
    expect(c.notes.peek().at(-1)!.version).toBe(9999);
  });

  test("ends with the membership", async () => {
    const h = eventful(60);
    const c = h.open();
    await c.open({ at: "newest" });
    c.end();
    expect(c.notes.peek()).toEqual([]);
  });
});
