import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Link, Listener } from "./link.ts";
import { Session } from "./session.ts";
import type { Event } from "./wire.ts";

const channel = "g" + "a".repeat(24);

let told: Listener, session: Session, newest: number, member: boolean, version: number;

beforeEach(() => {
  vi.stubGlobal("document", { addEventListener() {}, removeEventListener() {}, hidden: false, title: "" });
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  [newest, member, version] = [20, true, 100];
  session = new Session("alice", link());
  session.start(() => {});
});

afterEach(async () => {
  await session.close();
  vi.unstubAllGlobals();
});

const link = (): Link => ({
  state: signal({ online: true }), leads: signal(true),
  start: (l: Listener) => { told = l; },
  watch() {}, follow() {}, present() {}, read() {}, typing() {}, hurry() {}, close: async () => {},
  request: async (name: string, { after, before = newest + 1, limit }: { after?: number; before?: number; limit: number }) => {
    if (name === "get_receipts") return { channel, cursors: [] };
    if (name === "get_channel") return { channel: { id: channel, kind: "group", member_count: 2, members: ["alice", "bob"], seq: newest, active: 1, unread: 0 } };
    if (name !== "history") return { channels: [], settings: [], more: false };
    if (!member) throw Object.assign(new Error("not a member"), { code: "forbidden" });
    const [from, to] = after === undefined ? [Math.max(1, before - limit), before - 1] : [after + 1, Math.min(newest, after + limit)];
    return { events: Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => said(from + i)), more: from > 1 };
  },
}) as unknown as Link;

const said = (seq: number): Event => ({ kind: "message", channel, sender: "bob", seq, pos: seq, version: seq, shard: 0, timestamp: seq, content: { text: `t${seq}` } }) as Event;
const meta = (sender: string, meta: NonNullable<Event["meta"]>): Event => ({ kind: "meta", channel, sender, pos: ++version, version, shard: 0, timestamp: 1, meta }) as Event;
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
const seqs = (): number[] => session.conversation(channel).messages.peek().map((m) => m.seq);

/** Shows the channel, and waits until it is loaded. */
async function enter(): Promise<void> {
  session.enter(channel);
  session.show(channel);
  await settled();
  await settled();
}

test("a member who is put out sees nothing more, and what is new once they are back", async () => {
  await enter();
  expect(seqs().at(-1)).toBe(20);
  member = false;
  told.event(meta("bob", { action: "removed", members: ["alice"] }));
  expect(seqs()).toEqual([]);
  expect(session.members.of(channel).peek()).toBeUndefined();
  newest = 400;
  member = true;
  told.event(meta("bob", { action: "added", members: ["alice"] }));
  told.event(said(401));
  newest = 401;
  await settled();
  expect(seqs()).toEqual(Array.from({ length: 51 }, (_, i) => 351 + i));
});

test("a conversation that is not on screen goes when the user leaves", async () => {
  await enter();
  const before = session.conversation(channel);
  session.leave(channel);
  told.event(meta("alice", { action: "left" }));
  expect(session.conversation(channel)).not.toBe(before);
  expect(seqs()).toEqual([]);
});
