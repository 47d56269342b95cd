// What windows and the worker share of a sign-in.

import { renewed as renewedOn } from "../grant.ts";
import type { Identity } from "../identity.ts";
import { openOwners } from "./owner.ts";

/**
 * Returns an identity with another token. If the user gets notifications on this device, the worker
 * or a window may have got one already. All of them use it.
 */
export async function renewed(now: Identity): Promise<Identity> {
  const owners = openOwners();
  try {
    return await renewedOn(now, owners);
  } finally {
    void owners.close();
  }
}

/** Removes what was kept for copies of a user's windows. */
export async function forgetHeirs(user: string): Promise<void> {
  const owners = openOwners();
  try {
    await owners.forgetHeirs(user);
  } finally {
    void owners.close();
  }
}

/**
 * Returns the user who gets notifications on this device, for a window that the worker has opened
 * for them.
 */
export async function told(): Promise<Identity | undefined> {
  const owners = openOwners();
  try {
    const owner = await owners.get();
    if (!owner) return undefined;
    const { user, token, expires, by, provider, refresh } = owner;
    return { user, token, expires, by, ...(provider && { provider }), ...(refresh && { refresh }) };
  } finally {
    void owners.close();
  }
}
