import { signal, type Signal } from "@preact/signals";
import type { MarkState } from "../ui/Mark.tsx";
import type { Link } from "./link.ts";
import { isDirect, type Receipt, type Receipts as Frame } from "./wire.ts";

const kept = 60; // channels whose places are remembered

/** How far the members of a channel have got. */
export interface Places {
  by: ReadonlyMap<string, Receipt>;
  /** The places up to which the other members have read and received, ascending. */
  read: readonly number[];
  delivered: readonly number[];
}

const none: Places = { by: new Map(), read: [], delivered: [] };

/** Knows how far members have read and received, in the channels that were looked at last. */
export class ReceiptPlaces {
  readonly #byChannel = new Map<string, Signal<Places>>();

  readonly #asked = new Set<string>();

  constructor(readonly me: string, readonly link: Link) {}

  /** Returns the places in a channel, for a component to follow. */
  of(channel: string): Signal<Places> {
    const known = this.#byChannel.get(channel) ?? signal(none);
    this.#byChannel.delete(channel);
    this.#byChannel.set(channel, known); // the newest is the last
    if (this.#byChannel.size > kept) this.#byChannel.delete(this.#byChannel.keys().next().value!);
    return known;
  }

  /** Asks how far all members are, unless something is known already. */
  need(channel: string): void {
    if (this.of(channel).peek().by.size > 0 || this.#asked.has(channel)) return;
    this.#asked.add(channel);
    this.ask(channel).catch(() => {}).finally(() => this.#asked.delete(channel));
  }

  /** Asks how far all members are. */
  async ask(channel: string): Promise<void> {
    this.of(channel); // the answer is kept, even if no message is drawn yet
    this.receive(await this.link.request("get_receipts", { channel }));
  }

  /** Forgets the places in a channel, because the user is not told of changes. */
  forget(channel: string): void {
    const known = this.#byChannel.get(channel);
    if (known) known.value = none;
  }

  receive({ channel, cursors }: Frame): void {
    if (!this.#byChannel.has(channel) && !isDirect(channel)) return;
    const places = this.of(channel);
    const by = new Map(places.peek().by);
    for (const c of cursors) by.set(c.user, higher(by.get(c.user), c));
    const others = [...by.values()].filter((c) => c.user !== this.me);
    places.value = { by, read: ascending(others, "read"), delivered: ascending(others, "delivered") };
  }
}

/** Returns how far a message of this user has got, and how many members have read it. */
export function markOf(places: Places, seq: number, members: number): { state: MarkState; count: number } {
  const readers = atLeast(places.read, seq);
  if (readers > 0) return { state: "read", count: members > 2 ? readers : 0 };
  return { state: atLeast(places.delivered, seq) > 0 ? "delivered" : "stored", count: 0 };
}

/**
 * Joins two receipts of a member, and keeps the higher cursors. Cursors never go back, but answers
 * and frames may cross.
 */
function higher(a: Receipt | undefined, b: Receipt): Receipt {
  return { user: b.user, read: Math.max(a?.read ?? 0, b.read ?? 0), delivered: Math.max(a?.delivered ?? 0, b.delivered ?? 0) };
}

const ascending = (all: readonly Receipt[], of: "read" | "delivered"): number[] =>
  all.map((c) => c[of] ?? 0).sort((a, b) => a - b);

/** Counts the places that are at or behind a message. */
function atLeast(places: readonly number[], seq: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! >= seq) high = middle;
    else low = middle + 1;
  }
  return places.length - low;
}
