import { expect, test } from "vitest";
import { rowsOf, type Row } from "./rows.ts";
import type { Event, Message } from "./wire.ts";

const noon = new Date(2026, 10, 24, 12).getTime();
const minute = 60_000;

function message(seq: number, sender: string, at: number, more: Partial<Message> = {}): Message {
  return { type: "event", kind: "message", shard: 0, pos: seq, channel: "alice~bob", version: seq, id: `i${seq}`, sender, seq, timestamp: at, content: { text: `t${seq}` }, ...more } as Message;
}

const lay = (messages: Message[], more: Partial<Parameters<typeof rowsOf>[0]> = {}): Row[] =>
  rowsOf({ me: "alice", messages, notes: [], pending: [], divider: undefined, ...more });

const shape = (rows: Row[]) => rows.map((r) => (r.kind === "message" || r.kind === "pending" ? `${r.kind}${r.first ? " first" : ""}${r.last ? " last" : ""}` : r.kind));

test("messages of one sender within five minutes form a run", () => {
  const rows = lay([message(1, "bob", noon), message(2, "bob", noon + 4 * minute), message(3, "bob", noon + 10 * minute), message(4, "alice", noon + 10 * minute)]);
  expect(shape(rows)).toEqual(["day", "message first", "message last", "message first last", "message first last"]);
});

test("more that happened before a change than is shown is said there, whether or not that one is shown", () => {
  const change = (action: string, more = {}) => ({ type: "event", kind: "meta", channel: "g", version: 2, sender: "bob", timestamp: noon, last: 1, meta: { action }, ...more }) as Event;
  const messages = [message(1, "bob", noon), message(2, "bob", noon)];
  expect(shape(lay(messages, { notes: [change("joined", { cut: true })] }))).toEqual(["day", "message first last", "gap", "note", "message first last"]);
  expect(shape(lay(messages, { notes: [change("invited", { cut: true })] }))).toEqual(["day", "message first last", "gap", "message first last"]);
  expect(shape(lay(messages, { notes: [change("invited")] }))).toEqual(["day", "message first", "message last"]);
});

test("a day begins a run", () => {
  const rows = lay([message(1, "bob", noon), message(2, "bob", noon + 24 * 60 * minute)]);
  expect(shape(rows)).toEqual(["day", "message first last", "day", "message first last"]);
});

test("the divider stands before the first unread message, also if that one is hidden", () => {
  const rows = lay([message(1, "bob", noon), message(3, "bob", noon)], { divider: { after: 1, count: 2 } });
  expect(shape(rows)).toEqual(["day", "message first last", "unread", "message first last"]);
});

test("there is no divider if its place is not loaded", () => {
  const rows = lay([message(10, "bob", noon)], { divider: { after: 3, count: 7 } });
  expect(shape(rows)).toEqual(["day", "message first last"]);
});

test("a message keeps its key when it is stored", () => {
  const pending = { clientId: "x", channel: "alice~bob", at: noon, content: { text: "t" } };
  const before = lay([], { pending: [pending] });
  const after = lay([message(1, "alice", noon, { client_id: "x" })], { pending: [pending] });
  expect(before.at(-1)!.key).toBe(after.at(-1)!.key);
  expect(after.filter((r) => r.key === "cx")).toHaveLength(1);
});

test("a pin that went, an invite, and the creation of a direct channel are not shown", () => {
  const note = (more: object) => ({ ...message(0, "bob", noon), kind: "meta", last: 1, ...more }) as Event;
  const notes = [
    note({ version: 1, meta: { action: "created", kind: "direct" } }), note({ version: 2, kind: "pin", target: 1, remove: true }),
    note({ version: 3, meta: { action: "invited" } }), note({ version: 4, kind: "pin", target: 1 }),
  ];
  expect(shape(lay([message(1, "bob", noon)], { notes }))).toEqual(["day", "message first last", "note"]);
});

test("notes stand between the messages around them", () => {
  const note = { ...message(0, "bob", noon), kind: "meta", version: 9, last: 1, meta: { action: "joined" } } as Event;
  const rows = lay([message(1, "bob", noon), message(2, "bob", noon)], { notes: [note] });
  expect(shape(rows)).toEqual(["day", "message first last", "note", "message first last"]);
});
