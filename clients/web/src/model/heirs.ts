// The grant for which a refresh token was exchanged, kept for a tab that has a copy of the token. A
// tab that is duplicated copies what it keeps. So does a tab that the browser has discarded and
// restores. Then two tabs have one refresh token, which a provider may take only once. The grant is
// sealed with the refresh token that was used. So a tab that has that token finds the next one, and
// to others the grant is of no use.

import { base64url } from "./base64url.ts";
import type { Grant } from "./identity.ts";

/** Keeps sealed grants of a user by name. */
export interface Vault {
  find(user: string, name: string): Promise<Sealed | undefined>;
  leave(user: string, name: string, sealed: Sealed): Promise<void>;
}

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

const most = 10_000; // grants that are followed from one to the next

/**
 * Returns the newest grant that is known to have come from a grant. It is the same grant if no tab
 * has exchanged it.
 */
export async function heirOf<G extends Grant>(grant: G, vault: Vault): Promise<G> {
  for (let i = 0; i < most && grant.refresh && able(); i++) {
    const used = grant.refresh;
    const { name, key } = await lockBy(used);
    const sealed = await vault.find(grant.user, name).catch(() => undefined);
    const found = sealed && (await open(sealed, key));
    if (!found) break;
    grant = { ...grant, ...found };
    if (grant.refresh === used) break; // this provider takes it again and again
  }
  return grant;
}

/** Keeps the grant for which a refresh token was exchanged. */
export async function bequeath(used: string, grant: Grant, vault: Vault): Promise<void> {
  if (!able()) return;
  const { name, key } = await lockBy(used);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(grant)));
  await vault.leave(grant.user, name, { iv, data }).catch(() => {}); // there is no room; the user of a copy signs in again
}

/** Tells whether anything can be sealed. That needs a page over HTTPS or from localhost. */
const able = (): boolean => (crypto as Partial<Crypto>).subtle !== undefined;

/**
 * Returns the name under which the heir of a token is kept, and the key to it. Neither tells the
 * token.
 */
async function lockBy(token: string): Promise<{ name: string; key: CryptoKey }> {
  const hash = (of: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${of} ${token}`));
  const [name, key] = await Promise.all([hash("name"), hash("key")]);
  return { name: base64url(new Uint8Array(name)), key: await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]) };
}

async function open({ iv, data }: Sealed, key: CryptoKey): Promise<Partial<Grant> | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data))) as Partial<Grant>;
  } catch {
    return undefined; // it is damaged
  }
}
