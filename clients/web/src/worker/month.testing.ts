// A month of a user's conversations: the messages, what the user reads on which device, and a push
// service that behaves like Safari's.

import { vi } from "vitest";
import type { FakeNotification } from "./scope.testing.ts";
import { Browser, owner, type Given } from "./scope.testing.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const begin = Date.UTC(2026, 2, 2);

/** A channel, with how many messages a day it gets from others. */
const channels = [
  { id: "alice~bob", daily: 40 }, { id: "alice~mio", daily: 8 }, { id: "alice~tomas", daily: 3 },
  { id: "g" + "a".repeat(24), daily: 60 }, { id: "g" + "b".repeat(24), daily: 25 }, { id: "g" + "c".repeat(24), daily: 6 },
] as const;

interface Pushed {
  v: 1;
  id: string;
  kind: "message" | "mention";
  channel: string;
  seq: number;
  title: string;
  body: string;
  badge: number;
}

/** What a month has brought. */
export interface Month {
  pushes: number;
  /** Pushes that came when the message was read already. */
  late: number;
  /** Notifications of messages that the user had read before, if the worker could know that. */
  toldOfRead: string[];
  /**
   * Notifications that were still on the screen after a push, of messages that the user had read.
   */
  leftStanding: string[];
  /** Whether the push service has taken the subscription away. */
  revoked: boolean;
  read: { onLaptop: number; onPhone: number; byButton: number };
}

/** Hands a push to the worker, or to what a test puts in its place. */
export type Deliver = (browser: Browser, pushed: Pushed, isRead: boolean) => Promise<void>;

/** Lives through days with the worker. The same seed makes the same month. */
export async function live(days: number, seed: number, deliver: Deliver = (b, p) => b.push(p)): Promise<Month> {
  vi.useFakeTimers({ now: begin });
  try {
    const life = new Life(seed, deliver);
    await life.browser.owners.put(owner);
    for (let d = 0; d < days; d++) life.plan(begin + d * day);
    await life.run();
    return life.month;
  } finally {
    vi.useRealTimers();
  }
}

interface Deed {
  at: number;
  order: number;
  act: () => Promise<void> | void;
}

class Life {
  readonly month: Month = { pushes: 0, late: 0, toldOfRead: [], leftStanding: [], revoked: false, read: { onLaptop: 0, onPhone: 0, byButton: 0 } };
  readonly browser = new Browser();
  readonly #seq = new Map<string, number>(channels.map((c) => [c.id, 0]));
  readonly #read = new Map<string, number>(channels.map((c) => [c.id, 0]));
  readonly #waiting = new Map<string, Pushed>(); // at the push service, one a topic
  readonly #due = new Map<number, Deed[]>();
  #planned = 0;
  #silent = 0;
  #laptop = false; // whether the user sits at it
  #phoneOff = false; // whether it has no network
  #reachable = true; // whether the phone reaches the server
  #random: number;

  constructor(seed: number, readonly deliver: Deliver) {
    this.#random = seed;
    this.browser.answer = (c) => this.#answer(c);
  }

  async run(): Promise<void> {
    for (let next = this.#next(); next; next = this.#next()) {
      const { at, act } = next;
      vi.advanceTimersByTime(Math.max(0, at - Date.now()));
      await act();
    }
  }

  /**
   * Plans a day: which messages come when, when the user sits at the laptop, and when the phone is
   * off.
   */
  plan(midnight: number): void {
    const waking = () => midnight + 7 * hour + this.#chance() * 17 * hour;
    for (const { id, daily } of channels) for (let n = this.#chance() * 2 * daily; n > 1; n--) this.#at(waking(), () => this.#write(id));
    for (const from of [midnight + 9 * hour + this.#chance() * hour, midnight + 13.5 * hour + this.#chance() * 2 * hour]) {
      this.#at(from, () => void (this.#laptop = true));
      this.#at(from + 90 * minute + this.#chance() * 2 * hour, () => void (this.#laptop = false));
    }
    for (const [from, length] of [[waking(), 25 * minute], [waking(), 2 * hour], [midnight + 24 * hour, 7 * hour]] as const) {
      this.#at(from, () => void (this.#phoneOff = true));
      this.#at(from + length, () => this.#phoneIsBack());
    }
  }

  #at(at: number, act: () => Promise<void> | void): void {
    const drawer = Math.floor(at / hour);
    this.#due.set(drawer, [...(this.#due.get(drawer) ?? []), { at, order: this.#planned++, act }]);
  }

  /** Takes the deed that is due first. Deeds are kept by the hour, because there are many. */
  #next(): Deed | undefined {
    if (this.#due.size === 0) return undefined;
    const first = Math.min(...this.#due.keys());
    const drawer = this.#due.get(first)!.sort((a, b) => a.at - b.at || a.order - b.order);
    const deed = drawer.shift();
    if (drawer.length === 0) this.#due.delete(first);
    return deed;
  }

  #in(ms: number, act: () => Promise<void> | void): void {
    this.#at(Date.now() + ms, act);
  }

  // ─── The server ───

  #write(channel: string): void {
    const seq = this.#seq.get(channel)! + 1;
    this.#seq.set(channel, seq);
    const kind = this.#chance() < 0.05 ? "mention" : "message";
    if (this.#laptop && this.#chance() < 0.9) this.#in(2000 + this.#chance() * 4 * minute, () => this.#readOnLaptop(channel, seq));
    if (!this.#laptop) return this.#send(channel, seq, kind);
    this.#in(kind === "mention" ? 10_000 : 30_000, () => this.#send(channel, seq, kind)); // unless the user has read it there by then
  }

  #send(channel: string, seq: number, kind: Pushed["kind"]): void {
    if (this.#read.get(channel)! >= seq || this.month.revoked) return;
    const badge = [...this.#seq].reduce((sum, [c, n]) => sum + n - this.#read.get(c)!, 0);
    this.#waiting.set(channel, { v: 1, id: `${channel}/${seq}`, kind, channel, seq, title: channel, body: `text ${seq}`, badge });
    // Push services are fast, mostly.
    this.#in(this.#chance() < 0.9 ? 300 : this.#chance() * 3 * minute, () => this.#service());
  }

  #answer(c: Given): object {
    if (!this.#reachable) throw new TypeError("there is no network");
    const channel = String(c["channel"]);
    if (c.type === "get_channel") return { type: "channel", channel: { seq: this.#seq.get(channel), unread: this.#seq.get(channel)! - this.#read.get(channel)! } };
    if (c.type === "read") this.#reads(channel, Number(c["seq"]));
    if (c.type === "send") this.#reads(channel, this.#seq.set(channel, this.#seq.get(channel)! + 1).get(channel)!);
    return c.type === "list_channels" ? { type: "channels", channels: [], more: false } : { type: "ok" };
  }

  #reads(channel: string, seq: number): void {
    this.#read.set(channel, Math.max(seq, this.#read.get(channel)!));
  }

  // ─── The push service ───

  /** Brings what waits to the phone: of each topic the newest. */
  async #service(): Promise<void> {
    if (this.#phoneOff) return;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const pushed of all) if (!this.month.revoked) await this.#arrive(pushed);
  }

  async #arrive(pushed: Pushed): Promise<void> {
    const { browser, month } = this;
    const before = browser.everShown.length;
    const isRead = this.#read.get(pushed.channel)! >= pushed.seq;
    month.pushes++;
    if (isRead) month.late++;
    this.#reachable = this.#chance() > 0.02;
    await this.deliver(browser, pushed, isRead);
    const shown = browser.everShown.slice(before);
    if (shown.length === 0 && ++this.#silent >= 3) month.revoked = true; // as Safari's service does
    if (this.#reachable) this.#judge(shown);
    this.#reachable = true;
    for (const n of shown) if (n.about?.channel) this.#in(minute + this.#chance() * hour, () => this.#look(n));
  }

  #judge(shown: readonly FakeNotification[]): void {
    const stale = (all: readonly FakeNotification[]) => all.filter((n) => n.about?.channel && this.#read.get(n.about.channel)! >= n.about.seq).map((n) => `${n.about.channel}/${n.about.seq}`);
    this.month.toldOfRead.push(...stale(shown));
    this.month.leftStanding.push(...stale(this.browser.standing()));
  }

  // ─── The person ───

  #readOnLaptop(channel: string, seq: number): void {
    if (this.#read.get(channel)! < seq) this.month.read.onLaptop++;
    this.#reads(channel, seq);
  }

  async #phoneIsBack(): Promise<void> {
    this.#phoneOff = false;
    await this.#service();
  }

  /** Lets the user look at the phone, and do something with a notification, or nothing. */
  async #look(n: FakeNotification): Promise<void> {
    const { browser, month } = this;
    if (this.#phoneOff || n.closed || !browser.standing().includes(n)) return;
    const what = this.#chance();
    if (what < 0.4) {
      await browser.click(n);
      this.#reads(n.about.channel, this.#seq.get(n.about.channel)!); // the app that opened shows all
      month.read.onPhone++;
    } else if (what < 0.6) {
      await browser.click(n, "read");
      month.read.byButton++;
    } else if (what < 0.7) {
      await browser.click(n, "reply", "on my way");
      month.read.byButton++;
    }
  }

  /** Returns a number from 0 to 1 (mulberry32). */
  #chance(): number {
    let t = (this.#random += 0x6d2b79f5);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
