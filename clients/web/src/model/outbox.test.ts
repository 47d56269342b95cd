import type { Outgoing } from "natterjack";
import { beforeEach, expect, test } from "vitest";
import type { Link } from "./link.ts";
import { Outbox } from "./outbox.ts";
import type { Event } from "./wire.ts";

const channel = "alice~bob";
let newest: number, outbox: Outbox;

beforeEach(() => {
  newest = 5;
  outbox = new Outbox("alice", {} as Link, () => newest);
  outbox.changed(sent("waiting"));
});

const sent = (state: "waiting" | "stored", seq = 0): Outgoing => ({
  clientID: "x", channel, to: undefined, content: { text: "croak" }, files: [], created: 1, state,
  ...(seq && { ack: { type: "ack" as const, id: "i", client_id: "x", channel, seq, shard: 0, pos: seq, timestamp: 1 } }),
});
const event = (seq: number, more: Partial<Event> = {}): Event => ({ kind: "message", channel, sender: "bob", seq, ...more }) as Event;
const waiting = () => outbox.of(channel).peek().map((p) => p.clientId);

test("a stored message stays until its event comes", () => {
  outbox.changed(sent("stored", 6));
  expect(waiting()).toEqual(["x"]);
  outbox.receive(event(6, { sender: "alice", client_id: "x" }));
  expect(waiting()).toEqual([]);
  expect(outbox.waiting.peek()).toBe(0);
});

test("a stored message goes at once if what is behind it is known", () => {
  outbox.changed(sent("stored", 4));
  expect(waiting()).toEqual([]);
});

test("a stored message goes when an event behind it comes, and one that is not stored stays", () => {
  outbox.receive(event(6));
  expect(waiting()).toEqual(["x"]);
  outbox.changed(sent("stored", 7));
  outbox.receive(event(8));
  expect(waiting()).toEqual([]);
});

test("a stored message goes when the list tells of what is behind it", () => {
  outbox.changed(sent("stored", 6));
  newest = 6;
  outbox.settle();
  expect(waiting()).toEqual([]);
});
