import { backoff } from "./backoff.js";
import { BlockedError, ReopenError, retryAfter } from "./errors.js";
import type { Opener } from "./link.js";
import type { Settings } from "./options.js";
import { polls } from "./poll.js";
import { sockets } from "./socket.js";
import { streams } from "./stream.js";

/**
 * How long a session must last to count as a success: a server that drops its clients at once is
 * failing.
 */
const steady = 10_000;

/** How long another transport is kept before WebSocket is tried again. */
const detour = 10 * 60_000;

/**
 * How long another transport is kept the first time, if WebSocket got through before. A page cannot
 * tell a server that starts again from a network that lets no WebSocket through. The time doubles
 * each time that WebSocket fails.
 */
const firstDetour = 30_000;

/**
 * Decides where to connect next, over which transport, and after which wait. Times are in
 * milliseconds.
 */
export class Route {
  readonly #settings: Settings;
  readonly #urls: string[];
  readonly #openers: Opener[];
  #url = 0;
  #opener = 0;
  #failures = 0; // since a steady session
  #until = 0; // when the first transport is tried again
  #nextDetour = detour;

  constructor(settings: Settings, random = Math.random) {
    this.#settings = settings;
    // Each client begins with another server, so that the clients of a lost one spread over the
    // others.
    const first = settings.inOrder ? 0 : Math.floor(random() * settings.urls.length);
    this.#urls = [...settings.urls.slice(first), ...settings.urls.slice(0, first)];
    const all = [...(settings.WebSocket ? [sockets] : []), streams, polls];
    this.#openers = settings.transport === "auto" ? all : all.filter((o) => o.transport === settings.transport);
  }

  target(): { url: string; opener: Opener } {
    return { url: this.#urls[this.#url]!, opener: this.#openers[this.#opener]! };
  }

  /** Takes note that the session over the present transport has begun. */
  welcomed(): void {
    if (this.#opener === 0) this.#nextDetour = firstDetour;
  }

  /** Returns how long the present session may last until a better transport is tried again. */
  lease(now: number): number {
    return this.#opener === 0 ? Infinity : this.#until - now;
  }

  /**
   * Takes the error of a session that did not begin or has ended, and how long the session lasted.
   * It returns the wait before the next attempt. Servers that were not tried yet are tried at once.
   * Only a whole round of failures makes the wait longer. Only then does the wait that a server
   * asked for count, because a server that stops asks for it while the others would serve.
   */
  failed(error: unknown, lasted: number, now: number): number {
    const again = error instanceof ReopenError;
    if (lasted >= steady) this.#failures = 0;
    if (!again && error instanceof BlockedError && this.#opener + 1 < this.#openers.length) {
      if (this.#opener === 0) {
        this.#until = now + this.#nextDetour;
        this.#nextDetour = Math.min(2 * this.#nextDetour, detour);
      }
      this.#opener++;
      return 0;
    }
    if ((lasted === 0 && !again) || this.lease(now) <= 0) this.#opener = 0;
    if (again) return 0;
    this.#url = (this.#url + 1) % this.#urls.length;
    const wait = backoff(this.#settings.backoffMinMs, this.#settings.backoffMaxMs, Math.floor(this.#failures / this.#urls.length));
    this.#failures++;
    return this.#failures % this.#urls.length === 0 ? Math.max(wait, retryAfter(error)) : wait;
  }
}
