import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Channels } from "../channels.ts";
import type { Link } from "../link.ts";
import type { ChannelInfo, Event } from "../wire.ts";
import { unreadIn, Withdrawal } from "./withdrawal.ts";

const group = "g" + "a".repeat(24);
const info = (id: string, seq: number, unread: number, more: Partial<ChannelInfo> = {}): ChannelInfo => ({ id, kind: "group", member_count: 3, seq, active: 1, unread, ...more });

class Shown {
  closed = false;
  constructor(readonly tag: string, readonly data: object | null) {}
  close(): void { this.closed = true; }
}

let shown: Shown[], channels: Channels, withdrawal: Withdrawal, answer: () => ChannelInfo, badges: number[];

const note = (channel: string, seq: number, user = "alice"): Shown => {
  const n = new Shown(channel, { user, kind: "message", channel, seq, title: "", body: "" });
  shown.push(n);
  return n;
};
const settled = () => vi.advanceTimersByTimeAsync(500);

beforeEach(() => {
  vi.useFakeTimers();
  [shown, badges] = [[], []];
  vi.stubGlobal("navigator", { setAppBadge: async (n: number) => badges.push(n), clearAppBadge: async () => badges.push(0) });
  answer = () => { throw Object.assign(new Error("no"), { code: "forbidden" }); };
  channels = new Channels("alice", { request: async () => ({ channel: answer() }) } as unknown as Link);
  withdrawal = new Withdrawal("alice", channels, async () => ({ getNotifications: async () => shown.filter((n) => !n.closed) as unknown as Notification[] }));
  channels.put([info(group, 10, 3), info("alice~bob", 4, 4)]);
  channels.ready.value = true;
});

afterEach(() => {
  withdrawal.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("what is read goes, up to where it is read", async () => {
  const [a, b, c] = [note(group, 8), note(group, 10), note("alice~bob", 4)];
  await settled();
  channels.read(group, 9);
  await settled();
  expect([a.closed, b.closed, c.closed]).toEqual([true, false, false]);
});

test("what was read while the app was closed goes when it is opened", async () => {
  const [a, b] = [note(group, 7), note(group, 8)];
  await settled();
  expect([a.closed, b.closed]).toEqual([true, false]);
});

test("what has taken the place of another while the server was asked stays", async () => {
  const far = "g" + "d".repeat(24);
  const old = note(far, 3);
  let newer: Shown | undefined;
  old.close = () => { for (const n of shown) if (n.tag === far) n.closed = true; }; // as browsers do
  answer = () => {
    shown = shown.filter((n) => n !== old);
    newer = note(far, 9);
    return info(far, 9, 1);
  };
  await settled();
  expect(newer!.closed).toBe(false);
});

test("a channel that the list does not have is asked for; where the user is no more, its notifications go", async () => {
  const far = "g" + "b".repeat(24);
  const gone = note("g" + "c".repeat(24), 3);
  await settled();
  expect(gone.closed).toBe(true);
  answer = () => info(far, 5, 2);
  const [read, unread] = [note(far, 3), note(far, 4)];
  channels.read(group, 8);
  await settled();
  expect([read.closed, unread.closed]).toEqual([true, false]);
});

test("what is another user's stays", async () => {
  const n = note(group, 1, "mallory");
  await settled();
  expect(n.closed).toBe(false);
});

test("a deleted message goes, and a line that nothing is new", async () => {
  const [deleted, other, line] = [note(group, 9), note("alice~bob", 3), new Shown("natterjack-quiet", null)];
  shown.push(line);
  await withdrawal.deleted({ kind: "delete", channel: group, target: 9 } as Event);
  expect([deleted.closed, other.closed, line.closed]).toEqual([true, false, true]);
});

test("the badge has the number of the list", async () => {
  await settled();
  expect(unreadIn(channels)).toBe(7);
  channels.change(group, { mute: "0" });
  channels.read("alice~bob", 4);
  await settled();
  expect(badges.at(0)).toBe(7);
  expect(badges.at(-1)).toBe(0);
});

test("the badge goes with the user, in plain sight of whoever comes next", async () => {
  await settled();
  expect(badges.at(-1)).toBe(7);
  withdrawal.close();
  await settled();
  expect(badges.at(-1)).toBe(0);
});
