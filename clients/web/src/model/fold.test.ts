import { expect, test } from "vitest";
import { fold } from "./fold.ts";
import type { Event, Message } from "./wire.ts";

const original = {
  type: "event", kind: "message", shard: 0, pos: 1, channel: "alice~bob", version: 1, id: "i", sender: "bob", seq: 1, timestamp: 5,
  content: { text: "first", attachments: [{ id: "a", name: "toad.png", size: 3 }] },
} as Message;

const event = (kind: string, pos: number, more: Partial<Event>): Event =>
  ({ type: "event", kind, shard: 0, pos, channel: "alice~bob", version: pos, id: `e${pos}`, sender: "bob", timestamp: 10, target: 1, ...more }) as Event;

test("an edit keeps the attachments unless it names others", () => {
  const kept = fold(original, event("edit", 2, { content: { text: "second" } }), "alice");
  expect(kept.content).toEqual({ text: "second", attachments: original.content!.attachments });
  expect(kept.edited).toBe(10);
  const captioned = fold(original, event("edit", 2, { content: { text: "", attachments: [{ id: "a", caption: "a toad" }] } }), "alice");
  expect(captioned.content!.attachments).toEqual([{ id: "a", name: "toad.png", size: 3, caption: "a toad" }]);
  const removed = fold(original, event("edit", 2, { content: { text: "third", attachments: [] } }), "alice");
  expect(removed.content!.attachments).toEqual([]);
});

test("a reaction is counted once, and goes when nobody has it any more", () => {
  const one = fold(original, event("reaction", 2, { emoji: "🐸", sender: "alice" }), "alice");
  expect(one.reactions).toEqual([{ emoji: "🐸", count: 1, own: true, users: ["alice"] }]);
  const two = fold(one, event("reaction", 3, { emoji: "🐸", sender: "bob" }), "alice");
  expect(two.reactions![0]).toMatchObject({ count: 2, own: true });
  const back = fold(two, event("reaction", 4, { emoji: "🐸", sender: "alice", remove: true }), "alice");
  expect(back.reactions).toEqual([{ emoji: "🐸", count: 1, own: false, users: ["bob"] }]);
  expect(fold(back, event("reaction", 5, { emoji: "🐸", sender: "bob", remove: true }), "alice").reactions).toEqual([]);
});

test("what a page knew is not applied again", () => {
  const page = { ...original, pos: 7, reactions: [{ emoji: "🐸", count: 1, users: ["carol"] }] };
  expect(fold(page, event("reaction", 7, { emoji: "🐸", sender: "carol" }), "alice")).toBe(page);
});

test("a deleted message keeps its place and loses its content", () => {
  const gone = fold({ ...original, pinned: true }, event("delete", 2, {}), "alice");
  expect(gone).toMatchObject({ seq: 1, deleted: true });
  expect(gone.content).toBeUndefined();
  expect(gone.pinned).toBeUndefined();
});
