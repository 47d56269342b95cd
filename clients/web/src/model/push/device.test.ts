import { MemoryStorage } from "natterjack";
import { beforeEach, describe, expect, test } from "vitest";
import { Device, type Browser } from "./device.ts";
import { Owners } from "./owner.ts";
import { endUnless, forget } from "./pause.ts";
import type { PushState } from "./wire.ts";
import type { Link } from "../link.ts";

const keyA = "BAAA";
const keyB = "BAAB";
const bytes = (n: number) => Uint8Array.from([4, 0, n]).buffer;

/** A browser's subscription, as a push service gives it. */
class Subscription {
  gone = false;
  constructor(readonly endpoint: string, readonly key: ArrayBuffer) {}
  get options() { return { applicationServerKey: this.key }; }
  getKey(): ArrayBuffer { return bytes(9); }
  async unsubscribe(): Promise<boolean> { return (this.gone = true); }
}

let permission: NotificationPermission, answer: NotificationPermission, made: Subscription[], server: PushState, given: [string, object][], fails: string, closed: number;
let browser: Browser;

const link = {
  request: async (name: string, params: { id?: string }) => {
    if (name === fails) throw Object.assign(new Error("no"), { code: "unavailable" });
    if (name !== "get_push") given.push([name, params]);
    if (name === "subscribe_push") server.subscriptions = [...server.subscriptions.filter((s) => s.id !== params.id), { id: params.id!, kind: "web", since: 1, renewed: 1, version: 1, state: "ok" }];
    if (name === "unsubscribe_push") server.subscriptions = server.subscriptions.filter((s) => s.id !== params.id);
    return name === "get_push" ? structuredClone(server) : { result: "sent", reason: "sent" };
  },
} as unknown as Link;

beforeEach(() => {
  localStorage.clear();
  [permission, answer, made, given, fails, closed] = ["default", "granted", [], [], "", 0];
  server = { type: "push", on: true, key: keyA, kinds: ["web"], content: "full", subscriptions: [] };
  const current = () => made.find((s) => !s.gone) ?? null;
  browser = {
    owners: new Owners(new MemoryStorage()),
    support: () => undefined, permission: () => permission, ask: async () => (permission = answer),
    identity: () => ({ user: "alice", token: "t", expires: Infinity, by: "token" }),
    language: () => "ja", label: "Chrome, Linux", alone: (act) => act(),
    registration: async () => ({
      getNotifications: async () => [{ close: () => closed++ }] as never,
      pushManager: {
        getSubscription: async () => current(),
        subscribe: async ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
          const s = new Subscription(`https://push.example/${made.length + 1}`, applicationServerKey.slice().buffer as ArrayBuffer);
          made.push(s);
          return s;
        },
      } as unknown as PushManager,
    }),
  };
});

const device = (me = "alice") => new Device(me, link, browser);
const on = async (): Promise<Device> => {
  const d = device();
  await d.look();
  await d.turnOn();
  given = [];
  return d;
};

test("a device is told once its person has said so, to the browser too", async () => {
  const d = device();
  await d.look();
  expect([d.state.peek().kind, d.id]).toEqual(["off", undefined]);
  await d.turnOn();
  expect(given).toEqual([["subscribe_push", { id: d.id, kind: "web", label: "Chrome, Linux", language: "ja", address: "https://push.example/1", key: "BAAJ", auth: "BAAJ" }]]);
  expect(d.id!.length).toBeGreaterThanOrEqual(22);
  expect(d.id!.length).toBeLessThanOrEqual(64);
  expect(d.state.peek()).toMatchObject({ kind: "on", subscription: { id: d.id } });
  expect(await browser.owners.get()).toMatchObject({ user: "alice", token: "t", id: d.id, key: keyA, language: "ja" });
});

test("whoever refuses is not asked again by the page, and it says so", async () => {
  answer = "denied";
  const d = device();
  await d.look();
  await d.turnOn();
  expect([d.state.peek().kind, given, made]).toEqual(["denied", [], []]);
});

describe("at each start", () => {
  test("the subscription is renewed, with the same id", async () => {
    const { id } = await on();
    await device().renew();
    expect(given).toMatchObject([["subscribe_push", { id, address: "https://push.example/1" }]]);
  });

  test("a new key of the server takes a new subscription", async () => {
    const { id } = await on();
    server.key = keyB;
    const d = device();
    await d.renew();
    expect(made.map((s) => s.gone)).toEqual([true, false]);
    expect(given).toMatchObject([["subscribe_push", { id, address: "https://push.example/2" }]]);
    expect((await browser.owners.get())!.key).toBe(keyB);
    expect(d.state.peek().kind).toBe("on");
  });

  test("what the push service has given up is made anew", async () => {
    const { id } = await on();
    server.subscriptions[0]!.state = "gone";
    await device().renew();
    expect(given).toMatchObject([["subscribe_push", { id, address: "https://push.example/2" }]]);
  });

  test("what the browser has lost is made anew", async () => {
    await on();
    made[0]!.gone = true;
    await device().renew();
    expect(given).toMatchObject([["subscribe_push", { address: "https://push.example/2" }]]);
  });

  test("a window with an older token takes nothing back that the worker has got", async () => {
    await on();
    await browser.owners.change("alice", { token: "worker's", expires: 2000, refresh: "r1" });
    browser.identity = () => ({ user: "alice", token: "t", expires: 1000, by: "organisation", refresh: "r0" });
    await device().renew();
    expect(await browser.owners.get()).toMatchObject({ token: "worker's", expires: 2000, refresh: "r1" });
  });

  test("it ends where the person has taken the permission back", async () => {
    const { id } = await on();
    permission = "denied";
    const d = device();
    await d.renew();
    expect(given).toEqual([["unsubscribe_push", { id }]]);
    expect([d.state.peek().kind, d.id, await browser.owners.get()]).toEqual(["denied", undefined, undefined]);
  });

  test("what the user has removed on another device stays so, and the device says it", async () => {
    const { id } = await on();
    server.subscriptions = [];
    const d = device();
    await d.renew();
    expect([given, d.state.peek().kind, d.id, await browser.owners.get(), made.map((s) => s.gone), closed]).toEqual([[], "off", undefined, undefined, [true], 1]);
    await d.turnOn();
    expect(d.state.peek().kind).toBe("on");
    expect(d.id).not.toBe(id); // the user has removed the old one, so this is another device
  });

  test("what the server never had is not taken for removed", async () => {
    fails = "subscribe_push";
    const d = device();
    await d.look();
    await expect(d.turnOn()).rejects.toThrow();
    expect([d.state.peek().kind, d.id]).toEqual(["off", undefined]);
    fails = "";
    await d.turnOn();
    expect(d.state.peek().kind).toBe("on");
  });

  test("nothing is asked of those who never wanted it", async () => {
    permission = "granted";
    await device().renew();
    expect([given, made]).toEqual([[], []]);
  });

  test("a failure is not hidden: the device says that it is not told", async () => {
    await on();
    server.subscriptions[0]!.state = "gone";
    fails = "subscribe_push";
    const d = device();
    await expect(d.renew()).rejects.toThrow();
    expect(d.state.peek().kind).toBe("lost");
  });
});

test("signing out ends it here and at the server, and leaves nothing on the screen", async () => {
  const d = await on();
  const { id } = d;
  expect(await d.signOut()).toMatchObject({ token: "t" });
  expect(given).toEqual([["unsubscribe_push", { id }]]);
  expect([made[0]!.gone, closed, d.id, await browser.owners.get()]).toEqual([true, 1, undefined, undefined]);
});

test("signing out does not wait for a server that is not there", async () => {
  const d = await on();
  fails = "unsubscribe_push";
  await d.signOut();
  expect([made[0]!.gone, await browser.owners.get()]).toEqual([true, undefined]);
});

test("a server that refuses sooner than the browser is done is not complained of", async () => {
  const d = await on();
  const here = await browser.registration();
  browser.registration = () => new Promise((later) => setTimeout(later, 1, here));
  fails = "unsubscribe_push";
  await d.signOut();
  expect([made[0]!.gone, d.id]).toEqual([true, undefined]);
});

test("signing out while the subscription is renewed ends it all the same", async () => {
  await on();
  server.subscriptions[0]!.state = "gone"; // so it is made anew
  let last: Promise<unknown> = Promise.resolve();
  browser.alone = <T>(act: () => Promise<T>) => (last = last.then(act, act)) as Promise<T>;
  let answer!: () => void;
  const answered = new Promise<void>((done) => (answer = done));
  const slow = await browser.registration();
  const { subscribe } = slow.pushManager;
  const asked = new Promise<void>((now) => {
    slow.pushManager.subscribe = async (options) => {
      now();
      await answered;
      return await subscribe(options);
    };
  });
  browser.registration = async () => slow;
  const [one, other] = [device(), device()]; // two windows
  const renewing = Promise.allSettled([one.renew(), other.renew()]);
  await asked;
  const out = one.signOut();
  answer();
  await Promise.all([out, renewing]);
  expect([await browser.owners.get(), one.id, server.subscriptions]).toEqual([undefined, undefined, []]);
  expect(made.every((s) => s.gone)).toBe(true);
});

test("a sign-in that has ended by itself ends it until the user is back", async () => {
  const { id } = await on();
  await forget("alice", browser);
  expect([made[0]!.gone, await browser.owners.get()]).toEqual([true, undefined]);
  const back = device();
  await back.renew();
  expect([back.id, back.state.peek().kind]).toEqual([id, "on"]);
});

test("a user who is back while it still ends is told all the same", async () => {
  await on();
  let last: Promise<unknown> = Promise.resolve();
  browser.alone = (act) => (last = last.then(act, act)) as ReturnType<typeof act>;
  const { registration } = browser;
  let goOn = (): void => {}, closing = (): void => {};
  const begun = new Promise<void>((now) => (closing = now));
  const slow = { ...(await registration()), getNotifications: () => new Promise<never[]>((done) => { closing(); goOn = () => done([]); }) };
  const ended = endUnless(() => false, "alice", { ...browser, registration: async () => slow });
  await begun;
  const back = device();
  const renewed = back.renew();
  await new Promise((soon) => setTimeout(soon));
  goOn();
  await Promise.all([ended, renewed]);
  expect([made.map((s) => s.gone), back.state.peek().kind]).toEqual([[true, false], "on"]);
  await endUnless(() => true, "alice", browser); // alice is back
  expect(made.map((s) => s.gone)).toEqual([true, false]);
});

test("a browser tells one user: the other one hears of that, and may take it over", async () => {
  await on();
  const other = device("mallory");
  await other.look();
  expect(other.state.peek()).toEqual({ kind: "other", user: "alice" });
  browser.identity = () => ({ user: "mallory", token: "m", expires: Infinity, by: "token" });
  await other.turnOn();
  expect(made.map((s) => s.gone)).toEqual([true, false]); // alice's subscription is gone at the push service
  expect(await browser.owners.get()).toMatchObject({ user: "mallory", token: "m" });
  const d = device();
  await d.renew();
  expect(d.state.peek()).toEqual({ kind: "other", user: "mallory" });
  expect(await d.signOut()).toBeUndefined();
  expect(await browser.owners.get()).toMatchObject({ user: "mallory" });
});

test("what is left of a user whose signing out was cut short does not tell the next one", async () => {
  await on();
  await browser.owners.remove(); // the browser or the page had ended before it did more
  browser.identity = () => ({ user: "mallory", token: "m", expires: Infinity, by: "token" });
  const next = device("mallory");
  await next.look();
  await next.turnOn();
  expect(made.map((s) => s.gone)).toEqual([true, false]); // the server may still send to alice at the first address
  expect(given).toMatchObject([["subscribe_push", { address: "https://push.example/2" }]]);
});

test.each([
  ["a server that tells no browser", () => { server = { ...server, kinds: ["webhook"], reason: "no_public_url" }; }, { kind: "server", reason: "no_public_url" }],
  ["a browser that cannot", () => { browser.support = () => "install"; }, { kind: "unsupported", why: "install" }],
])("the state is true for %s", async (_, given, state) => {
  given();
  const d = device();
  await d.look();
  expect(d.state.peek()).toEqual(state);
});

test("a push service that does not answer is told from a server that does not", async () => {
  const broken = await browser.registration();
  broken.pushManager.subscribe = async () => { throw new DOMException("push service error", "AbortError"); };
  browser.registration = async () => broken;
  const d = device();
  await d.look();
  await expect(d.turnOn()).rejects.toMatchObject({ code: "push_service" });
  expect([d.id, await browser.owners.get()]).toEqual([undefined, undefined]);
});
