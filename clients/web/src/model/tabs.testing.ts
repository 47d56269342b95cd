// What tabs find in a browser, and a connection that a test controls.

import { signal } from "@preact/signals";
import { wire, type Position } from "natterjack";
import { vi } from "vitest";
import type { LinkState, Listener } from "./link.ts";
import type { TabLink } from "./tabs.ts";
import type { Event } from "./wire.ts";

interface Claim { take: () => void; lost: (error: Error) => void }

/** The locks of a browser. Each has one holder, and others wait in their order. */
export class Locks {
  readonly #claims = new Map<string, Claim[]>();
  readonly #late: (() => void)[] = [];
  /** Whether a tab that loses a lock is frozen, and is told when it thaws. */
  frozen = false;

  thaw(): void {
    this.frozen = false;
    for (const tell of this.#late.splice(0)) tell();
  }

  request(name: string, options: { signal?: AbortSignal; steal?: boolean }, work: () => Promise<unknown> | void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const claims = this.#claims.get(name) ?? [];
      this.#claims.set(name, claims);
      let taken = false;
      const claim: Claim = {
        lost: reject,
        take: () => {
          taken = true;
          void Promise.resolve().then(work).then(resolve, reject).finally(() => this.#leave(claims, claim));
        },
      };
      if (options.steal) {
        const before = claims.shift();
        const tell = () => before?.lost(new DOMException("stolen", "AbortError"));
        if (this.frozen) this.#late.push(tell);
        else tell();
        claims.unshift(claim);
      } else claims.push(claim);
      options.signal?.addEventListener("abort", () => {
        if (taken) return;
        this.#leave(claims, claim);
        reject(new DOMException("given up", "AbortError"));
      });
      if (claims[0] === claim) claim.take();
    });
  }

  #leave(claims: Claim[], claim: Claim): void {
    const at = claims.indexOf(claim);
    if (at < 0) return;
    claims.splice(at, 1);
    if (at === 0) claims[0]?.take();
  }
}

/** A connection whose server is the test. */
export class Held {
  static readonly all: Held[] = [];
  readonly state = signal<LinkState>({ online: false, lostAt: 1, nextTry: 0, session: "", limits: wire.defaultLimits });
  readonly client: { position: Position | undefined; sends: () => unknown[] };
  readonly sent: unknown[][] = [];
  readonly uploads: AbortSignal[] = [];
  readonly asked: string[] = [];
  readonly signals: AbortSignal[] = []; // of the questions that were asked
  answer: ((value: unknown) => void) | undefined;
  closed = false;
  #to!: Listener;
  #fail: ((error: Error) => void) | undefined;

  constructor(_user: string, _token: unknown, readonly resume?: Position) {
    this.client = { position: resume, sends: () => [] };
    Held.all.push(this);
  }

  start(to: Listener): void { this.#to = to; }

  /** Lets the server welcome the connection. */
  welcomed(...positions: number[]): void {
    this.client.position ??= { epoch: "e", positions };
    this.state.value = { ...this.state.value, online: true, lostAt: 0 };
    this.#to.connected();
  }

  event(pos: number): void {
    this.#to.event({ channel: "c", kind: "message", shard: 0, pos } as unknown as Event);
  }

  request(name: string, _params: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
    this.asked.push(name);
    if (signal) this.signals.push(signal);
    return new Promise((resolve, reject) => [this.answer, this.#fail] = [resolve, reject]);
  }

  send(...args: unknown[]): void {
    if (this.closed) throw new Error("the client is closed");
    this.sent.push(args);
  }

  upload(_channel: string, _file: Blob, { signal }: { signal: AbortSignal }): Promise<never> {
    this.uploads.push(signal);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }

  watch(): void {}
  follow(): void {}
  present(): void {}

  async close(): Promise<void> {
    this.closed = true;
    this.#fail?.(new Error("the client is closed"));
  }
}

/** Makes the stores of a tab, which write down what the link tells them. */
export function told(link: TabLink): string[] {
  const all: string[] = [];
  const ignore = () => {};
  link.start({
    event: (e) => void all.push(`event ${e.pos}`), reset: () => void all.push("reset"), connected: () => void all.push("connected"),
    receipts: ignore, presence: ignore, typing: ignore, profiles: ignore, ended: ignore,
    sent: (m) => void all.push(`sent ${m.clientID}`),
  });
  return all;
}

/** A page that a user looks at, or not. */
export class Page extends EventTarget {
  hidden = false;
  turn(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/**
 * The channel over which tabs talk. A frozen tab hears nothing until it thaws, and says nothing.
 */
export class Channel {
  static readonly all: Channel[] = [];
  frozen = false;
  onmessage: ((m: { data: unknown }) => void) | null = null;
  readonly #missed: unknown[] = [];

  constructor(readonly name: string) { Channel.all.push(this); }

  postMessage(data: unknown): void {
    const copy = structuredClone(data);
    for (const other of Channel.all) {
      if (other === this || other.name !== this.name) continue;
      setTimeout(() => other.#take(copy));
    }
  }

  thaw(): void {
    this.frozen = false;
    for (const data of this.#missed.splice(0)) this.onmessage?.({ data });
  }

  close(): void { this.onmessage = null; }

  #take(data: unknown): void {
    if (this.frozen) this.#missed.push(data);
    else this.onmessage?.({ data });
  }
}

/** Waits until something holds. */
export const until = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: 4_000, interval: 5 });
