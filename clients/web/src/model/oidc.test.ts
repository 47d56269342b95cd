import { afterEach, expect, test, vi } from "vitest";
import { begin, renew } from "./oidc.ts";

const provider = { issuer: "https://id.example.com/", clientId: "chat" };
const metadata = { issuer: provider.issuer, authorization_endpoint: "https://id.example.com/authorize", token_endpoint: "https://id.example.com/token" };
const inSeconds = (s: number): number => Math.floor(Date.now() / 1000) + s;
const token = (claims: object): string => `h.${btoa(JSON.stringify({ iss: provider.issuer, sub: "mio", ...claims }))}.s`;

/** Lets the provider answer with a body, after its metadata. */
function answers(body: unknown, status = 200, more = {}): void {
  vi.stubGlobal("fetch", async (url: string) =>
    url.endsWith("/openid-configuration") ? Response.json({ ...metadata, ...more }) : Response.json(body, { status }));
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test.each([
  [undefined, "openid profile offline_access"],
  [["openid", "profile", "offline_access"], "openid profile offline_access"],
  [["openid", "profile", "email"], "openid profile email"],
  [["openid", "email", "profile", "offline_access"], "openid profile email offline_access"],
])("of the scopes %j it asks for %j", async (known, scope) => {
  answers({}, 200, known && { scopes_supported: known });
  let to: URL | undefined;
  vi.stubGlobal("location", { origin: "https://chat.example.com", pathname: "/", hash: "", assign: (url: URL) => (to = url) });
  vi.stubGlobal("sessionStorage", { setItem: () => {} });
  await begin(provider);
  expect(to?.searchParams.get("scope")).toBe(scope);
});

test("a fresh token takes the place of the old one, and so does a fresh refresh token", async () => {
  const fresh = token({ exp: inSeconds(3600) });
  answers({ id_token: fresh, refresh_token: "r2" });
  expect(await renew(provider, { token: token({ exp: inSeconds(30) }), refresh: "r1" })).toEqual({ token: fresh, refresh: "r2" });
});

test("without a fresh token the old one stays as long as it is good", async () => {
  answers({ access_token: "opaque", refresh_token: "r2" });
  const good = token({ exp: inSeconds(30) });
  expect(await renew(provider, { token: good, refresh: "r1" })).toEqual({ token: good, refresh: "r2" });
  await expect(renew(provider, { token: token({ exp: inSeconds(-1) }), refresh: "r1" })).rejects.toMatchObject({ final: true, code: "expired" });
});

test("a provider that names itself otherwise is told nothing", async () => {
  answers({ id_token: token({ exp: inSeconds(3600) }) }, 200, { issuer: provider.issuer.slice(0, -1) });
  const asked = vi.spyOn(globalThis, "fetch");
  await expect(renew(provider, { token: token({ exp: inSeconds(30) }), refresh: "r1" })).rejects.toMatchObject({ final: true, code: "issuer" });
  expect(asked).toHaveBeenCalledOnce();
});

test("the token of somebody else is not taken", async () => {
  answers({ id_token: token({ sub: "nao", exp: inSeconds(3600) }) });
  await expect(renew(provider, { token: token({ exp: inSeconds(30) }), refresh: "r1" })).rejects.toMatchObject({ final: true });
});

test.each([
  [400, { error: "invalid_grant" }, true],
  [401, { error: "invalid_client" }, true],
  [400, { error: "interaction_required" }, true],
  [400, { error: "temporarily_unavailable" }, false],
  [400, {}, false],
  [404, {}, false],
  [408, {}, false],
  [429, { error: "invalid_request" }, false],
  [500, {}, false],
])("status %i with %j is final: %j", async (status, body, final) => {
  answers(body, status);
  await expect(renew(provider, { token: token({}), refresh: "r1" })).rejects.toMatchObject({ final });
});

test.each(["/openid-configuration", "/token"])("a provider that hangs at %s is left after a while, and may be asked again", async (at) => {
  const late = AbortSignal.abort(new DOMException("it took too long", "TimeoutError"));
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(late);
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) =>
    url.endsWith(at) ? new Promise((_, failed) => init?.signal?.aborted && failed(init.signal.reason)) : Promise.resolve(Response.json(metadata)));
  await expect(renew(provider, { token: token({ exp: inSeconds(30) }), refresh: "r1" })).rejects.toMatchObject({ name: "TimeoutError" });
});

test("an answer that breaks off is none: the sign-in goes on with the next try", async () => {
  vi.stubGlobal("fetch", async (url: string) => (url.endsWith("/openid-configuration") ? Response.json(metadata) : new Response('{"id_token":"h.e')));
  const failed = await renew(provider, { token: token({ exp: inSeconds(-1) }), refresh: "r1" }).catch((e: object) => e);
  expect(failed).toBeInstanceOf(SyntaxError);
  expect(failed).not.toHaveProperty("final");
});
