// A token, and how it is renewed. A window may renew it. For the user who gets notifications on
// this device, the service worker may renew it too.

import { bequeath, heirOf, type Vault } from "./heirs.ts";
import type { Grant } from "./identity.ts";
import { claim, renew } from "./oidc.ts";

/**
 * Keeps the grant of the user who gets notifications on this device, for the windows and the
 * worker.
 */
export interface Shelf {
  get(): Promise<Grant | undefined>;
  /** Changes the grant, if it is the user's. */
  change(user: string, grant: Grant): Promise<void>;
  /**
   * The place where windows that are copies of one another find the token that one of them has got.
   */
  vault: Vault;
}

const fresh = 60_000; // a token that expires sooner is replaced before it is used

/** Tells whether a token is good for a while. */
export const good = (grant: Grant, now = Date.now()): boolean => grant.expires > now + fresh;

/**
 * Returns a grant whose token is good for a while. A provider may take a refresh token only once.
 * So one caller at a time renews the grant, and all others take the new one.
 */
export async function renewed<G extends Grant>(grant: G, shelf: Shelf): Promise<G> {
  return await alone(lockOf(grant), async () => {
    grant = await heirOf(newer(await heirOf(grant, shelf.vault), await shelf.get()), shelf.vault);
    if (good(grant)) return grant;
    if (!grant.provider || !grant.refresh) throw Object.assign(new Error("the sign-in has expired"), { final: true, code: "expired" });
    const used = grant.refresh;
    grant = { ...grant, ...(await another(grant as G & Renewable)) };
    await bequeath(used, pick(grant), shelf.vault);
    await shelf.change(grant.user, pick(grant));
    return grant;
  });
}

/**
 * Keeps the grant of a window, if its user gets notifications on this device, and no newer grant is
 * kept.
 */
export async function keep(grant: Grant, shelf: Shelf): Promise<void> {
  await alone(lockOf(grant), async () => {
    if (newer(grant, await shelf.get()) === grant) await shelf.change(grant.user, grant);
  });
}

/**
 * Returns the newer one of a grant and the grant that is kept. A window that was asleep, or for
 * which another tab leads, has an older grant than the others. The refresh token in it was used
 * already.
 */
export function newer<G extends Grant>(grant: G, kept: Grant | undefined): G {
  if (kept?.user !== grant.user || kept.expires < grant.expires) return grant;
  return kept.expires > grant.expires || kept.token === grant.token ? { ...grant, ...pick(kept) } : grant;
}

type Renewable = Grant & Required<Pick<Grant, "provider" | "refresh">>;

async function another({ provider, token: old, refresh: used }: Renewable): Promise<Partial<Grant>> {
  const { token, refresh = used } = await renew(provider, { token: old, refresh: used });
  return { token, refresh, expires: expiryOf(token) };
}

/** Returns when a token expires, as it says itself. */
export function expiryOf(token: string): number {
  const exp = claim(token, "exp");
  return typeof exp === "number" ? exp * 1000 : Infinity;
}

/** Returns the grant alone. */
export function pick({ user, token, expires, provider, refresh }: Grant): Grant {
  return { user, token, expires, ...(provider && { provider }), ...(refresh && { refresh }) };
}

const lockOf = ({ user }: Grant): string => `natterjack.grant.${user}`;

function alone<T>(name: string, act: () => Promise<T>): Promise<T> {
  const { locks } = navigator as Partial<Navigator>;
  return locks ? (locks.request(name, act) as Promise<T>) : act(); // without locks there is no worker either
}
