// What the app and its service worker share on this device. Both import it, so it must not import
// any part of the screen.

import { IndexedDBStorage, type Storage } from "natterjack";
import type { Sealed, Vault } from "../heirs.ts";
import type { Identity } from "../identity.ts";

/**
 * The user who gets notifications on this device, and all that the worker needs to act for them
 * while no window is open. A browser has one subscription, so there is at most one owner.
 */
export interface Owner extends Identity {
  /** The id of the subscription, which the device has chosen. */
  id: string;
  /** The server's public key with which the subscription was made. */
  key: string;
  language: "en" | "ja";
  /** The name by which the user knows the device. */
  label: string;
}

/** Keeps the owner. The owner is known only on this device, and is removed when they sign out. */
export class Owners {
  constructor(readonly storage: Storage & { close?(): Promise<void> }) {}

  async get(): Promise<Owner | undefined> {
    return (await this.storage.get(place)) as Owner | undefined;
  }

  async put(owner: Owner): Promise<void> {
    await this.storage.put(place, owner);
  }

  /** Changes a part of the owner, if the user is still the owner. */
  async change(user: string, part: Partial<Owner>): Promise<void> {
    const now = await this.get();
    if (now?.user === user) await this.put({ ...now, ...part });
  }

  async remove(): Promise<void> {
    await this.storage.delete(place);
  }

  /** The grants for which refresh tokens were exchanged, sealed. See heirs.ts. */
  readonly vault: Vault = {
    find: async (user, name) => ((await this.storage.get(heirsOf(user) + name)) as Left | undefined)?.sealed,
    leave: async (user, name, sealed) => {
      await this.#clear(user, Date.now() - heirsLast);
      await this.storage.put(heirsOf(user) + name, { at: Date.now(), sealed } satisfies Left);
    },
  };

  /** Removes what was kept for copies of a user's windows, because they sign out. */
  async forgetHeirs(user: string): Promise<void> {
    await this.#clear(user, Infinity);
  }

  async #clear(user: string, before: number): Promise<void> {
    for (const [key, left] of await this.storage.list(heirsOf(user))) {
      if ((left as Left).at < before) await this.storage.delete(key);
    }
  }

  async close(): Promise<void> {
    await this.storage.close?.();
  }
}

const place = "owner";
const heirsOf = (user: string): string => `heir/${user}/`;
const heirsLast = 30 * 24 * 3600_000; // milliseconds; after a longer sleep the user signs in again

interface Left {
  at: number;
  sealed: Sealed;
}

/**
 * Opens the store of the owner of this browser. No user's database can have this name: it has no
 * dot.
 */
export const openOwners = (): Owners => new Owners(new IndexedDBStorage("natterjack-push"));
