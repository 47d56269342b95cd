import { beforeEach, describe, expect, test } from "vitest";
import { Browser, FakeWindow, owner, type FakeNotification } from "./scope.testing.ts";

const channel = "alice~bob";
const window = (user: string) => new FakeWindow({ user, online: true, read: {}, unread: undefined });

let b: Browser, n: FakeNotification;

beforeEach(async () => {
  b = new Browser();
  await b.owners.put(owner);
  await b.push({ v: 1, id: "i", kind: "message", channel, seq: 7, title: "Bob", body: "hello", badge: 1 });
  n = b.standing()[0]!;
  b.given.length = 0;
  b.answer = (c) => (c.type === "list_channels" ? { type: "channels", channels: [{ unread: 2 }, { unread: 5, mute: "0" }, { unread: 0, mute: "" }], more: false } : { type: "ok" });
});

describe("a press opens the message", () => {
  test("in a window of the user, the one that was looked at last", async () => {
    b.windows = [window("mallory"), window("alice"), window("alice")];
    await b.click(n);
    expect(b.windows.map((w) => [w.opened, w.focused])).toEqual([[[], 0], [[`/c/${channel}/7`], 1], [[], 0]]);
    expect(b.openedURLs).toEqual([]);
    expect(n.closed).toBe(true);
  });

  test("in a new window if none is of the user, or answers", async () => {
    b.windows = [window("mallory"), new FakeWindow(undefined)];
    await b.click(n);
    expect(b.openedURLs).toEqual([`/c/${channel}/7#told`]);
  });

  test("and nothing of somebody who has signed out", async () => {
    await b.owners.put({ ...owner, user: "mallory" });
    await b.click(n, "reply", "hello");
    expect(b.openedURLs).toEqual(["/"]);
    expect(b.given).toEqual([]);
  });

  test("or, of a test, the settings", async () => {
    await b.push({ v: 1, id: "t", kind: "test", badge: 0 });
    await b.click(b.standing().at(-1)!);
    expect(b.openedURLs).toEqual(["/settings/notifications#told"]);
  });
});

describe("marking as read", () => {
  test("tells the server, and counts anew", async () => {
    await b.click(n, "read");
    expect(b.given).toEqual([{ type: "read", channel, seq: 7 }, { type: "list_channels", limit: 100 }]);
    expect([b.badge, b.standing(), b.openedURLs]).toEqual([2, [], []]);
  });

  test("says so if it cannot", async () => {
    b.answer = () => { throw new TypeError("there is no network"); };
    await b.click(n, "read");
    expect(b.standing().map((s) => [s.title, s.tag])).toEqual([["It could not be marked as read", channel]]);
    await b.click(b.standing()[0]!);
    expect(b.openedURLs).toEqual([`/c/${channel}/7#told`]);
  });
});

describe("a reply", () => {
  test("is kept, sent, and forgotten", async () => {
    let kept = 0;
    const answer = b.answer;
    b.answer = (c) => {
      kept = b.kept.length;
      return answer(c);
    };
    await b.click(n, "reply", "  on my way ");
    const [read, send] = b.given;
    expect(read).toEqual({ type: "read", channel, seq: 7 });
    expect(send).toMatchObject({ type: "send", channel, content: { text: "on my way" } });
    expect(kept).toBe(1);
    expect([b.kept, b.standing(), b.badge]).toEqual([[], [], 2]);
  });

  test.each([
    ["there is no network", () => { throw new TypeError("there is no network"); }],
    ["the server refuses it", () => ({ type: "error", code: "forbidden", retryable: false })],
    ["an answer is missing", (c: { type: string }) => (c.type === "send" ? { ref: 99 } : { type: "ok" })],
  ])("stays, and the person hears of it, if %s", async (_, answer) => {
    b.answer = answer;
    await b.click(n, "reply", "on my way");
    expect(b.kept).toMatchObject([{ user: "alice", channel, text: "on my way" }]);
    expect(b.kept[0]!.clientID).toMatch(/.{20,}/);
    expect(b.standing().map((s) => s.title)).toEqual(["Your reply is not sent yet"]);
  });

  test("that can be neither kept nor sent is shown, so that it is not lost", async () => {
    b.keepFails = true;
    b.answer = () => { throw new TypeError("there is no network"); };
    await b.click(n, "reply", "on my way");
    expect(b.standing().map((s) => [s.title, s.body])).toEqual([["Your reply could not be sent", "on my way"]]);
  });

  test("is shown where the storage fails, so that it is not lost", async () => {
    b.owners.get = async () => { throw new Error("the disk is broken"); };
    await b.click(n, "reply", "on my way");
    expect(b.standing().map((s) => s.body)).toEqual(["on my way"]);
    expect([b.given, b.openedURLs]).toEqual([[], []]);
    await b.click(b.standing()[0]!);
    expect(b.openedURLs).toEqual(["/"]);
  });

  test("without a text, where the system has no field for it, opens the message", async () => {
    await b.click(n, "reply", null);
    expect(b.openedURLs).toEqual([`/c/${channel}/7#told`]);
  });
});

test("a subscription that the browser has changed is told to the server, unless its user has removed it", async () => {
  b.subscription!.unsubscribed = true;
  const answer = (subscriptions: object[]) => void (b.answer = (c) => (c.type === "get_push" ? { type: "push", subscriptions } : { type: "ok" }));
  answer([{ id: "e".repeat(22) }]);
  await b.happen("pushsubscriptionchange");
  expect(b.given.map((c) => c.type)).toEqual(["get_push"]);
  b.given.length = 0;
  answer([{ id: owner.id }]);
  await b.happen("pushsubscriptionchange");
  expect(b.given.filter((c) => c.type !== "get_push")).toEqual([expect.objectContaining({ type: "subscribe_push", id: owner.id, kind: "web", address: "https://push.example/2", key: "AQID", auth: "AQID", label: owner.label, language: "en" })]);
  await b.owners.remove();
  b.given.length = 0;
  await b.happen("pushsubscriptionchange");
  expect(b.given).toEqual([]);
});
