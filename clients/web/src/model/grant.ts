// A token, and how another one is got. A window, and the service worker for the user who is told on
// this device, may both renew it.

import { bequeath, heirOf, type Vault } from "./heirs.ts";
import type { Grant } from "./identity.ts";
import { claim, renew } from "./oidc.ts";

/** Keeps the grant of the user who is told on this device, for all who may renew it. */
export interface Shelf {
  get(): Promise<Grant | undefined>;
  /** Changes the grant, if it is the user's. */
  change(user: string, grant: Grant): Promise<void>;
  /** Where windows that are copies of one another find what one of them has got. */
  vault: Vault;
}

const fresh = 60_000; // a token that expires sooner is replaced before it is used

/** Tells whether a token is good for a while. */
export const good = (grant: Grant, now = Date.now()): boolean => grant.expires > now + fresh;

/**
 * Returns a grant whose token is good for a while. A provider may take a refresh token only once, so
 * one at a time renews it, and all others take what that one got.
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

/** Keeps the grant of a window, if it is of the user who is told, unless what is kept is newer. */
export async function keep(grant: Grant, shelf: Shelf): Promise<void> {
  await alone(lockOf(grant), async () => {
    if (newer(grant, await shelf.get()) === grant) await shelf.change(grant.user, grant);
  });
}

/**
 * Returns the newer one of a grant and what is kept. A window that was asleep, or that another tab
 * leads, has an older one than the others have got, with a refresh token that was used.
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
