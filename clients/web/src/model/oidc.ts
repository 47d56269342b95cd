// Sign-in with an OpenID Connect provider, by authorization code and PKCE (RFC 7636). The app is a
// public client: it has no secret, and proves by the verifier that it is the app that began the
// sign-in.

import { base64url } from "./base64url.ts";

/** What the app needs to know of a provider. */
export interface Provider {
  issuer: string;
  clientId: string;
}

/** What the provider gives. Natterjack's server takes the ID token. */
export interface Granted {
  token: string;
  refresh?: string;
}

interface Begun extends Provider {
  verifier: string;
  state: string;
  nonce: string;
  /** Where the person wanted to go. */
  back: string;
}

interface Metadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  scopes_supported?: string[];
}

interface Answer {
  id_token?: string;
  refresh_token?: string;
  error?: string;
}

const key = "natterjack.oidc";
const patience = 30_000; // for an answer of the provider; no other window can ask meanwhile

/** Leaves the page for that of the provider, which comes back with a code. */
export async function begin(provider: Provider): Promise<void> {
  const metadata = await discover(provider.issuer);
  const begun: Begun = { ...provider, verifier: random(), state: random(), nonce: random(), back: location.pathname + location.hash };
  sessionStorage.setItem(key, JSON.stringify(begun));
  const to = new URL(metadata.authorization_endpoint);
  const asked = {
    response_type: "code", client_id: provider.clientId, redirect_uri: redirect(), scope: scopes(metadata), state: begun.state,
    nonce: begun.nonce, code_challenge: await challenge(begun.verifier), code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) to.searchParams.set(name, value);
  location.assign(to);
}

/**
 * Asks for a refresh token, unless the provider says that it knows no such scope, because some
 * providers refuse it then. Asks for a mail address, which digests need, only if the provider says
 * that it knows that scope.
 */
function scopes({ scopes_supported: known }: Metadata): string {
  const asked = ["openid", "profile"];
  if (known?.includes("email")) asked.push("email");
  if (!known || known.includes("offline_access")) asked.push("offline_access");
  return asked.join(" ");
}

/**
 * Takes the code with which the provider has sent the person back, if it has, and returns what the
 * provider gives for the code. The code leaves the address bar before anything else happens.
 */
export async function finish(): Promise<(Granted & Provider) | undefined> {
  const answer = new URLSearchParams(location.search);
  const [code, state, error] = [answer.get("code"), answer.get("state"), answer.get("error")];
  if (!state || !(code || error)) return undefined;
  const begun = JSON.parse(sessionStorage.getItem(key) ?? "null") as Begun | null;
  sessionStorage.removeItem(key);
  history.replaceState(null, "", begun?.back ?? "/");
  dispatchEvent(new PopStateEvent("popstate")); // where the person wanted to go
  if (!begun || begun.state !== state || !code) throw new Error(error ?? "the answer is not to what this page has asked");
  const granted = await exchange(begun, { grant_type: "authorization_code", code, redirect_uri: redirect(), code_verifier: begun.verifier });
  if (!granted.token) throw new Error("the provider gave no ID token");
  if (claim(granted.token, "nonce") !== begun.nonce) throw new Error("the token is not for this sign-in");
  return { ...granted, token: granted.token, issuer: begun.issuer, clientId: begun.clientId };
}

/**
 * Returns a fresh token for one that expires. A provider need not give one each time. If it does
 * not, the old one stays as long as it is good.
 */
export async function renew(provider: Provider, old: Required<Granted>): Promise<Granted> {
  const { token = old.token, ...more } = await exchange(provider, { grant_type: "refresh_token", refresh_token: old.refresh });
  if (token === old.token && Number(claim(token, "exp")) * 1000 <= Date.now()) throw refusal("the provider gives no other ID token");
  if (["iss", "sub"].some((name) => claim(token, name) !== claim(old.token, name))) throw refusal("the token is another person's");
  return { token, ...more };
}

async function exchange(provider: Provider, form: Record<string, string>): Promise<Partial<Granted>> {
  const { token_endpoint } = await discover(provider.issuer);
  const answer = await fetch(token_endpoint, { method: "POST", body: new URLSearchParams({ ...form, client_id: provider.clientId }), ...asking() });
  if (!answer.ok) {
    const body = (await answer.json().catch(() => ({}))) as Answer;
    throw Object.assign(new Error(body.error ?? `status ${answer.status}`), { final: refuses(answer.status, body) });
  }
  const body = (await answer.json()) as Answer; // it throws if the answer breaks off
  return { ...(body.id_token && { token: body.id_token }), ...(body.refresh_token && { refresh: body.refresh_token }) };
}

/**
 * Reports whether an answer says that another try is of no use (RFC 6749, 5.2). Other answers ask
 * for a try later.
 */
const refuses = (status: number, { error = "" }: Answer): boolean =>
  (status === 400 || status === 401) && /^(invalid|unauthorized|unsupported)_|_required$/.test(error);

const refusal = (why: string): Error => Object.assign(new Error(why), { final: true, code: "expired" });

/**
 * Reads the addresses at which a provider is asked. A provider that gives another name for itself
 * may be another one (OpenID Connect Discovery, 4.3).
 */
async function discover(issuer: string): Promise<Metadata> {
  const answer = await fetch(issuer.replace(/\/+$/, "") + "/.well-known/openid-configuration", asking());
  if (!answer.ok) throw new Error(`the provider answers with status ${answer.status}`);
  const metadata = (await answer.json()) as Metadata;
  if (metadata.issuer !== issuer) {
    throw Object.assign(new Error(`the provider names itself ${metadata.issuer}, not ${issuer}`), { final: true, code: "issuer" });
  }
  return metadata;
}

/** Returns how a provider is asked: without its cookies, and with a bounded wait. */
const asking = (): RequestInit => ({ credentials: "omit", signal: AbortSignal.timeout(patience) });

const redirect = (): string => location.origin + "/";

const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challenge(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

/** Returns a claim of a token. Only the server can check the token. */
export function claim(token: string, name: string): unknown {
  try {
    const [, body = ""] = token.split(".");
    return (JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
