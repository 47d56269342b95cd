import { afterEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "natterjack";
import { good, keep, newer, renewed, type Shelf } from "./grant.ts";
import type { Identity } from "./identity.ts";
import { Owners } from "./push/owner.ts";

const provider = { issuer: "https://id.example.com", clientId: "chat" };
const token = (n: number, seconds: number): string => `h.${btoa(JSON.stringify({ iss: provider.issuer, sub: "alice", n, exp: Math.floor(Date.now() / 1000) + seconds }))}.s`;

afterEach(() => vi.unstubAllGlobals());

/** Plays a provider that takes each refresh token once, as many do. */
function strict(): { used: string[] } {
  const used: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init?: { body: URLSearchParams }) => {
    if (url.endsWith("openid-configuration")) return Response.json({ issuer: provider.issuer, authorization_endpoint: "", token_endpoint: "https://id.example.com/token" });
    const refresh = init!.body.get("refresh_token")!;
    if (used.includes(refresh)) return Response.json({ error: "invalid_grant" }, { status: 400 });
    used.push(refresh);
    return Response.json({ id_token: token(used.length, 3600), refresh_token: `r${used.length}` });
  });
  return { used };
}

/** Plays the locks of a browser. */
function locks(): void {
  let last: Promise<unknown> = Promise.resolve();
  vi.stubGlobal("navigator", { locks: { request: (_: string, act: () => Promise<unknown>) => (last = last.then(act, act)) } });
}

/** Returns what is kept while no user gets notifications on this device. */
function nobody(): Shelf {
  const owners = new Owners(new MemoryStorage());
  return { get: async () => undefined, change: async () => {}, vault: owners.vault };
}

const old = (): Identity => ({ user: "alice", token: token(0, -10), expires: Date.now() - 10_000, by: "organisation", provider, refresh: "r0" });

test("a refresh token is used once, whoever needs another token: windows and the worker", async () => {
  locks();
  const { used } = strict();
  let kept: Identity = old();
  const shelf: Shelf = { ...nobody(), get: async () => kept, change: async (user, grant) => void (user === kept.user && (kept = { ...kept, ...grant })) };
  const all = await Promise.all([old(), old(), old()].map((grant) => renewed(grant, shelf)));
  expect(used).toEqual(["r0"]);
  expect(new Set(all.map((g) => g.token)).size).toBe(1);
  expect(all.every((g) => good(g) && g.refresh === "r1" && g.by === "organisation")).toBe(true);
});

test("windows that are copies of one another use each refresh token once, however long one of them sleeps", async () => {
  locks();
  const { used } = strict();
  const shelf = nobody();
  const tired = (g: Identity): Identity => ({ ...g, token: token(7, -10), expires: Date.now() - 10_000 });
  const original = tired(await renewed(tired(await renewed(old(), shelf)), shelf));
  const copy = await renewed(old(), shelf);
  expect([used, copy.refresh]).toEqual([["r0", "r1"], "r2"]);
  const both = await Promise.all([renewed(original, shelf), renewed(tired(copy), shelf)]);
  expect([used, both.map((g) => g.refresh)]).toEqual([["r0", "r1", "r2"], ["r3", "r3"]]);
});

test("what is kept for copies tells nobody else a token, and goes when the user signs out", async () => {
  locks();
  strict();
  const storage = new MemoryStorage(), owners = new Owners(storage);
  const shelf: Shelf = { ...nobody(), vault: owners.vault };
  const { token: got } = await renewed(old(), shelf);
  const kept = await storage.list("");
  const [[, { sealed }]] = kept as [[string, { sealed: { data: ArrayBuffer } }]];
  for (const secret of [got, '"r0"', '"r1"']) expect(new TextDecoder().decode(sealed.data) + kept[0]![0]).not.toContain(secret);
  await owners.forgetHeirs("bob");
  expect(await storage.list("")).toHaveLength(1);
  await owners.forgetHeirs("alice");
  expect(await storage.list("")).toEqual([]);
});

test("another user's grant is of no use", async () => {
  locks();
  const { used } = strict();
  const shelf: Shelf = { ...nobody(), get: async () => ({ ...old(), user: "mallory", expires: Infinity, token: "mallory's" }), change: async () => {} };
  expect((await renewed(old(), shelf)).token).not.toBe("mallory's");
  expect(used).toEqual(["r0"]);
});

test("a grant that cannot be renewed says that the sign-in has expired", async () => {
  locks();
  const { refresh: _, ...without } = old();
  await expect(renewed(without, nobody())).rejects.toMatchObject({ code: "expired", final: true });
});

test("a window that has an older token than the worker takes nothing back", async () => {
  locks();
  const { used } = strict();
  let kept: Identity = old();
  const shelf: Shelf = { ...nobody(), get: async () => kept, change: async (user, grant) => void (user === kept.user && (kept = { ...kept, ...grant })) };
  const stale = old(); // as in a window that was asleep, or for which another tab leads
  await renewed(kept, shelf);
  await keep(stale, shelf);
  expect(kept.refresh).toBe("r1");
  kept = { ...kept, token: token(9, 30), expires: Date.now() + 30_000 }; // it is about to expire
  await renewed(kept, shelf);
  expect([used, kept.refresh]).toEqual([["r0", "r1"], "r2"]);
});

test("a newer token of a window is kept, and nobody else's", async () => {
  locks();
  let kept: Identity = old();
  const shelf: Shelf = { ...nobody(), get: async () => kept, change: async (user, grant) => void (user === kept.user && (kept = { ...kept, ...grant })) };
  const fresh = { ...old(), token: token(1, 3600), expires: Date.now() + 3600_000, refresh: "r7" };
  await keep({ ...fresh, user: "mallory" }, shelf);
  expect(kept.refresh).toBe("r0");
  await keep(fresh, shelf);
  expect([kept.token, kept.refresh]).toEqual([fresh.token, "r7"]);
});

test.each([
  ["is of somebody else", { user: "mallory", expires: 9 }, "window"],
  ["expires sooner", { expires: 4 }, "window"],
  ["expires later", { expires: 6 }, "kept"],
  ["is another that expires at the same time", {}, "window"],
  ["is the same, and may have a newer refresh token", { token: "t" }, "kept"],
])("of two grants the newer one counts: what is kept %s", (_, more, which) => {
  const grant = { user: "alice", token: "t", expires: 5, refresh: "window" };
  expect(newer(grant, { user: "alice", token: "k", expires: 5, refresh: "kept", ...more }).refresh).toBe(which);
  expect(newer(grant, undefined)).toBe(grant);
});
