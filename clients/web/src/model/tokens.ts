import { databaseOf } from "./database.ts";

/** What windows of one user tell each other. */
type Said = { kind: "asks" } | { kind: "has"; tokens: [token: string, expires: number][] } | { kind: "out" };

/**
 * Knows the tokens that all windows of this browser have for a user. When the user signs out in one
 * window, they leave all windows, and the server accepts none of these tokens after that.
 */
export class Tokens {
  readonly #known = new Map<string, number>(); // with the time of their expiry, Unix milliseconds
  readonly #talk: BroadcastChannel;

  /** out is called if the user has signed out in another window. */
  constructor(user: string, out: () => void) {
    this.#talk = new BroadcastChannel(`${databaseOf(user)}.tokens`);
    this.#talk.onmessage = ({ data }: MessageEvent<Said>) => {
      if (data.kind === "asks") this.#tell([...this.#known]);
      else if (data.kind === "has") for (const [token, expires] of data.tokens) this.#known.set(token, expires);
      else out();
    };
    this.#say({ kind: "asks" });
  }

  /** Takes note of a token of this window. Other windows know it even when this one is gone. */
  add(token: string, expires: number): void {
    if (this.#known.has(token)) return;
    this.#known.set(token, expires);
    this.#tell([[token, expires]]);
  }

  /** Signs the user out in all other windows. */
  out(): void {
    this.#say({ kind: "out" });
  }

  /**
   * Has the server revoke all tokens that are still good. A token that the server cannot be told of
   * stays good until it expires.
   */
  async revoke(): Promise<void> {
    const good = [...this.#known].filter(([, expires]) => expires > Date.now());
    await Promise.allSettled(good.map(([token]) => revoke(token)));
  }

  close(): void {
    this.#talk.close();
  }

  #tell(tokens: [string, number][]): void {
    if (tokens.length > 0) this.#say({ kind: "has", tokens });
  }

  #say(said: Said): void {
    this.#talk.postMessage(said);
  }
}

/**
 * Signs out what a token has opened, by a request that needs no connection and outlives the page.
 */
async function revoke(token: string): Promise<void> {
  const body = JSON.stringify({ type: "sign_out", ref: 1 });
  await fetch("/v1/frames", { method: "POST", headers: { Authorization: `Bearer ${token}` }, body, keepalive: true });
}
