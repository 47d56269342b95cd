import { inviteHash, newSecret } from "natterjack";
import { pathOf } from "./route.ts";

/**
 * Remembers the secrets of the invites that were made on this device. The server has only their
 * hashes, so no other device can show their links.
 */
export class InviteLinks {
  readonly #key: string;

  constructor(me: string) {
    this.#key = `natterjack.invites.${me}`;
  }

  /** Makes the secret of a new invite, remembers it, and returns what the server is told of it. */
  make(): string {
    const secret = newSecret();
    const hash = inviteHash(secret);
    this.#write({ ...this.#read(), [hash]: secret });
    return hash;
  }

  /** Returns the link of an invite, or undefined if the invite was made on another device. */
  link(channel: string, hash: string): string | undefined {
    const secret = this.#read()[hash];
    return secret && location.origin + pathOf({ screen: "join", channel, secret });
  }

  /** Forgets all secrets, because the user signs out. */
  clear(): void {
    localStorage.removeItem(this.#key);
  }

  /** Forgets the secret of an invite that has ended. */
  forget(hash: string): void {
    const { [hash]: _, ...rest } = this.#read();
    this.#write(rest);
  }

  #read(): Record<string, string> {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "{}") as Record<string, string>;
    } catch {
      return {};
    }
  }

  #write(secrets: Record<string, string>): void {
    localStorage.setItem(this.#key, JSON.stringify(secrets));
  }
}
