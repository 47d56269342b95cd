import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "./session.ts";

const paused = vi.hoisted(() => vi.fn(async (_user: string) => {}));
const ends: ((error: Error) => void)[] = [];

vi.mock("./session.ts", () => ({
  Session: class {
    constructor(readonly me: string) {}
    start(ended: (error: Error) => void): void { ends.push(ended); }
    async close(): Promise<void> {}
  },
}));
vi.mock("./directlazy.ts", () => ({ directLink: async () => class {} }));
vi.mock("./idle.ts", () => ({ whenIdle: () => {} })); // the page is never idle
vi.mock("./push/pause.ts", () => ({ pause: async (user: string, back: () => boolean) => { if (!back()) await paused(user); } }));

beforeEach(() => {
  const [kept, address] = [new Map<string, string>(), { pathname: "/", hash: "" }];
  vi.stubGlobal("sessionStorage", { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v), removeItem: (k: string) => kept.delete(k) });
  vi.stubGlobal("history", { pushState: () => {}, replaceState: () => {} });
  vi.stubGlobal("location", address);
});

afterEach(() => {
  vi.unstubAllGlobals();
  paused.mockReset();
  ends.length = 0;
});

const { development, enter, leave, session } = await import("./signin.ts");

/** Enters, and returns what ends the session. */
async function entered(user: string): Promise<(error: Error) => void> {
  enter({ user, token: "t", expires: 1, by: "token" });
  await vi.waitFor(() => expect(session.peek()?.me).toBe(user));
  return ends.at(-1)!;
}

test("a sign-in that ends by itself ends that the device is told, however soon that is", async () => {
  (await entered("alice"))(new Error("expired"));
  await vi.waitFor(() => expect(paused.mock.calls).toEqual([["alice"]]));
  expect(session.peek()).toBeUndefined();
});

test("not so if the user is back before", async () => {
  (await entered("alice"))(new Error("expired"));
  session.value = { me: "alice" } as Session;
  await vi.dynamicImportSettled();
  expect(paused).not.toHaveBeenCalled();
  session.value = undefined;
  await leave();
});

test("an answer that breaks off is no token: it is asked for again", async () => {
  vi.stubGlobal("fetch", async () => new Response('{"token":"h.'));
  await expect(development("alice")).rejects.not.toHaveProperty("final", true);
});
