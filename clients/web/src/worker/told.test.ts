import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Browser, FakeWindow, owner } from "./scope.testing.ts";

const channel = "alice~bob";
const group = "g" + "a".repeat(24);
const message = (seq: number, more: object = {}) => ({ v: 1, id: `i${seq}`, kind: "message", channel, seq, title: "Bob", body: `text ${seq}`, badge: 3, ...more });
/** Returns a server's answers: a channel has 20 messages, of which this many are read. */
const reads = (read: number) => (c: { type: string }) => (c.type === "get_channel" ? { type: "channel", channel: { seq: 20, unread: 20 - read } } : { type: "channels", channels: [], more: false });

let b: Browser;

beforeEach(async () => {
  b = new Browser();
  b.answer = reads(0);
  await b.owners.put(owner);
});

afterEach(() => vi.useRealTimers());

const standing = () => b.standing().map((n) => [n.title, n.body, n.tag]);

describe("a push", () => {
  test("shows what it says, once a channel, and the badge", async () => {
    await b.push(message(1));
    await b.push(message(2));
    await b.push(message(5, { channel: group, title: "Ines in Field recordings" }));
    expect(standing()).toEqual([["Bob", "text 2", channel], ["Ines in Field recordings", "text 5", group]]);
    expect(b.badge).toBe(3);
    expect(b.everShown.map((n) => n.options.renotify)).toEqual([false, false, false]);
  });

  test("rings anew for a mention only", async () => {
    await b.push(message(1));
    await b.push(message(2, { kind: "mention" }));
    expect(b.everShown.map((n) => n.options.renotify)).toEqual([false, true]);
  });

  test.each([
    ["a message whose texts had no room", message(1, { title: "", body: "" }), "New message"],
    ["a mention whose texts had no room", message(1, { kind: "mention", title: undefined, body: undefined }), "Somebody mentioned you"],
    ["a later version", { v: 2, kind: "message", secret: "x" }, "Something new for you"],
    ["what is not JSON", "\u0000", "Something new for you"],
    ["nothing", undefined, "Something new for you"],
    ["a test without texts", { v: 1, id: "t", kind: "test", badge: 0 }, "This is a test"],
  ])("that is %s says no more than is true", async (_, payload, title) => {
    await b.push(payload);
    expect(b.standing().map((n) => n.title)).toEqual([title]);
    await b.owners.put({ ...owner, language: "ja" });
    await b.push(payload);
    expect(b.everShown.at(-1)!.title).toMatch(/[ぁ-ん一-龠]/);
  });

  test("is shown though the server does not answer, the storage fails, or a window is frozen", async () => {
    vi.useFakeTimers();
    b.answer = () => { throw new TypeError("there is no network"); };
    b.windows = [new FakeWindow(undefined)];
    const pushed = b.push(message(1));
    await vi.advanceTimersByTimeAsync(10_000);
    await pushed;
    expect(standing()).toEqual([["Bob", "text 1", channel]]);
  });

  test.each([
    ["fails", async () => { throw new Error("the disk is broken"); }],
    ["hangs", () => new Promise<never>(() => {})],
  ])("is told in general if the storage %s: nobody was signed out", async (_, get) => {
    vi.useFakeTimers();
    await b.push(message(1));
    b.owners.get = get;
    const pushed = b.push(message(2));
    await vi.advanceTimersByTimeAsync(10_000);
    await pushed;
    expect(b.standing().map((n) => [n.title, n.body])).toEqual([["Bob", "text 1"], ["新しいお知らせがあります", "Natterjackを開いて確認してください。"]]);
    expect(b.subscription!.unsubscribed).toBe(false);
  });

  test("of somebody who has signed out shows nothing of theirs, and is the last", async () => {
    await b.push(message(1));
    await b.owners.remove();
    await b.push(message(2));
    expect(b.standing().map((n) => n.title)).toEqual(["この端末ではログアウトしています"]);
    expect([b.subscription!.unsubscribed, b.badge]).toEqual([true, 0]);
  });

  test("of somebody whose session was signed out on another device shows nothing of theirs either", async () => {
    await b.push(message(1));
    b.refused = "unauthorized";
    await b.push(message(2));
    expect(b.standing().map((n) => n.title)).toEqual(["You are signed out on this device"]);
    expect([await b.owners.get(), b.subscription!.unsubscribed]).toEqual([undefined, true]);
  });

  test("is shown though the token has expired: another one comes when the app is next opened", async () => {
    b.refused = "expired";
    await b.push(message(1));
    expect(standing()).toEqual([["Bob", "text 1", channel]]);
  });

  test("sends the token in a header, and nowhere else", async () => {
    await b.push(message(1));
    expect(b.tokens).toEqual(["Bearer t0ken"]);
    expect(JSON.stringify(b.given) + b.fetched.join()).not.toContain("t0ken");
  });
});

describe("what is read", () => {
  test("is taken back with the next push", async () => {
    await b.push(message(1));
    b.answer = (c) => (c["channel"] === channel ? { type: "channel", channel: { seq: 20, unread: 19 } } : { type: "channel", channel: { seq: 9, unread: 9 } });
    await b.push(message(9, { channel: group, title: "Ines" }));
    expect(b.standing().map((n) => n.title)).toEqual(["Ines"]);
  });

  test("is not told, and still something is shown: what stands already, without a sound", async () => {
    await b.push(message(9, { channel: group, title: "Ines" }));
    b.answer = (c) => ({ type: "channel", channel: { seq: 20, unread: c["channel"] === channel ? 0 : 20 } });
    await b.push(message(3));
    expect(b.everShown).toHaveLength(2);
    expect(b.everShown[1]).toMatchObject({ title: "Ines", options: { silent: true, renotify: false } });
    expect(b.standing()).toHaveLength(1);
    expect(b.everShown.some((n) => n.body === "text 3")).toBe(false);
  });

  test("is not told, and where nothing stands, it is said that nothing is new, for a while", async () => {
    vi.useFakeTimers();
    b.answer = reads(20);
    await b.push(message(3));
    expect(b.standing().map((n) => [n.title, n.options.silent])).toEqual([["You have read everything", true]]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(b.standing()).toEqual([]);
  });

  test("is known by a window that is connected: the server is not asked", async () => {
    b.windows = [new FakeWindow({ user: "alice", online: true, read: { [channel]: 3 }, unread: 0 })];
    await b.push(message(3));
    expect(b.everShown.map((n) => n.title)).toEqual(["You have read everything"]);
    await b.push(message(4));
    expect(b.everShown.at(-1)!.body).toBe("text 4");
    expect(b.given).toEqual([]);
  });

  test.each([["of another user", { user: "mallory", online: true }], ["that is not connected", { user: "alice", online: false }]])("is not known by a window %s", async (_, known) => {
    b.windows = [new FakeWindow({ ...known, read: { [channel]: 3 }, unread: 0 })];
    await b.push(message(3));
    expect(b.everShown.map((n) => n.body)).toEqual(["text 3"]);
    expect(b.given).toEqual([{ type: "get_channel", channel }]);
  });

  test("is also what is in a channel that the user has left", async () => {
    b.answer = () => ({ type: "error", code: "forbidden", retryable: false });
    await b.push(message(3));
    expect(b.everShown.map((n) => n.title)).toEqual(["You have read everything"]);
  });
});
