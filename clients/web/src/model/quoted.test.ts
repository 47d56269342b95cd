import { expect, test } from "vitest";
import { Conversation } from "./conversation.ts";
import type { Link } from "./link.ts";
import type { Event, Message } from "./wire.ts";

const channel = "alice~bob";
const message = (seq: number, text = `t${seq}`): Message =>
  ({ type: "event", kind: "message", shard: 0, pos: seq, channel, version: seq, id: `i${seq}`, sender: "bob", seq, timestamp: seq, content: { text } }) as Message;
const change = (kind: "edit" | "delete", target: number, pos: number, text?: string): Event =>
  ({ type: "event", kind, shard: 0, pos, channel, version: pos, sender: "bob", timestamp: pos, target, ...(text && { content: { text } }) }) as Event;

/** Opens a conversation of which single messages are read, and counts them. */
function opened(text?: () => string) {
  const asked: number[] = [];
  const link = {
    request: async (_: string, { before, limit }: { before?: number; limit: number }) => {
      if (limit > 1 || before === undefined) return { events: [message(5000)], more: true };
      asked.push(before - 1);
      return { events: [message(before - 1, text?.())], more: true };
    },
  } as unknown as Link;
  return { asked, c: new Conversation(channel, "alice", link) };
}
const settled = (): Promise<void> => new Promise((done) => setTimeout(done)); // all answers here are microtasks

test("what is deleted or edited is so in quotes, too", async () => {
  const { c } = opened();
  const [one, two] = [c.quoted(1), c.quoted(2)];
  await settled();
  expect(one.value?.content?.text).toBe("t1");
  c.receive(change("delete", 1, 6000));
  c.receive(change("edit", 2, 6001, "better"));
  expect(one.value).toMatchObject({ deleted: true });
  expect(one.value?.content).toBeUndefined();
  expect(two.value?.content?.text).toBe("better");
});

test("what is deleted while it is read does not come back", async () => {
  const { c } = opened();
  const one = c.quoted(1);
  c.receive(change("delete", 1, 6000));
  await settled();
  expect(one.value).toMatchObject({ deleted: true });
});

test("a conversation that is read anew reads its quotes anew", async () => {
  let text = "old";
  const { c } = opened(() => text);
  c.quoted(1);
  await settled();
  text = "edited while the connection was lost";
  await c.open({ at: "newest" });
  const again = c.quoted(1);
  await settled();
  expect(again.value?.content?.text).toBe(text);
});

test("those asked for last are kept, and no more than are on screen", async () => {
  const { asked, c } = opened();
  for (let seq = 1; seq <= 400; seq++) c.quoted(seq);
  c.quoted(1);
  c.quoted(401);
  await settled();
  asked.length = 0;
  for (const seq of [1, 401, 2]) c.quoted(seq);
  expect(asked).toEqual([2]);
});
