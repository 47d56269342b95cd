import { batch, effect, signal } from "@preact/signals";
import type { wire } from "natterjack";
import { faultOf, type Fault } from "./explain.ts";
import { foundIn, type FoundWord } from "./foundin.ts";
import type { Link } from "./link.ts";
import { go, pathOf, route } from "./route.ts";
import { side } from "./side.ts";

const pause = 180; // ms after the last key
const page = 20;

export type Hit = wire.Hit;

/** Returns what tells a hit from the others. */
export const keyOf = (h: Pick<Hit, "channel" | "seq">): string => `${h.channel}/${h.seq}`;

/** A search over messages. It stays while the user looks at what it has found. */
export class Search {
  readonly query = signal("");
  /** The channel to which it is narrowed; "" is none. */
  readonly here = signal("");
  readonly order = signal<wire.SearchOrder>("time");
  readonly hits = signal<readonly Hit[] | undefined>(undefined);
  readonly count = signal(0);
  readonly atLeast = signal(false);
  readonly more = signal(false);
  readonly rebuilding = signal<wire.Rebuilding | undefined>(undefined);
  readonly loading = signal(false);
  readonly fault = signal<Fault | undefined>(undefined);
  /** The hit that the user has gone to, and the words that were found in it. */
  readonly current = signal("");
  words: readonly FoundWord[] = [];
  /**
   * On a screen with room for one pane: the address of the hit that the user has gone to. From
   * there Back leads to the results.
   */
  readonly away = signal("");
  /** Counts up each time the field is asked for. */
  readonly asked = signal(0);

  #next = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = new AbortController();
  #due = false; // whether the query is still to be answered
  readonly #ends: (() => void)[];

  constructor(readonly link: Link) {
    addEventListener("popstate", this.#back);
    const follow = () => {
      const path = pathOf(route.value);
      if (this.away.value && path !== this.away.value) this.away.value = "";
    };
    this.#ends = [effect(follow), effect(() => this.#shown(side.value === "search"))];
  }

  /** Opens the pane, for one channel or for all, with a query if there is one. */
  open(channel: string, query?: string): void {
    batch(() => {
      const narrower = this.here.peek() !== channel;
      this.here.value = channel;
      side.value = "search";
      this.asked.value++;
      if (query !== undefined) this.query.value = query;
      if (query !== undefined || narrower) this.#later(0);
    });
  }

  write(query: string): void {
    this.query.value = query;
    this.#later(pause);
  }

  narrow(channel: string): void {
    this.here.value = channel;
    this.#later(0);
  }

  sort(order: wire.SearchOrder): void {
    this.order.value = order;
    this.#later(0);
  }

  /** Searches at once. */
  now(): void {
    this.#later(0);
  }

  /** Reads the next page. */
  async goOn(): Promise<void> {
    if (this.more.peek() && !this.loading.peek()) await this.#run(this.#next);
  }

  /**
   * Goes to a hit. On a screen with room for one pane it takes the place of the results, and Back
   * leads to them again.
   */
  visit(hit: Hit, inHand: boolean): void {
    const to = { screen: "talk", channel: hit.channel, seq: hit.seq } as const;
    this.words = foundIn(hit);
    this.current.value = keyOf(hit);
    if (!inHand) return go(to);
    history.replaceState({ results: true }, "");
    batch(() => {
      go(to);
      this.away.value = pathOf(to);
      side.value = undefined;
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running.abort();
    removeEventListener("popstate", this.#back);
    for (const end of this.#ends) end();
  }

  /**
   * Gives up a query that is not shown, because no user waits for its answer. It is asked again
   * when it is shown.
   */
  #shown(shown: boolean): void {
    if (!shown && !this.away.peek()) this.current.value = "";
    if (!shown) this.#giveUp();
    else if (this.#due) this.#later(0);
  }

  #giveUp(): void {
    clearTimeout(this.#timer);
    this.#running.abort();
    this.loading.value = false;
  }

  /**
   * Searches after a pause. An older query is given up at once, because its answer is of no use.
   */
  #later(ms: number): void {
    this.#giveUp();
    this.current.value = "";
    this.#due = true;
    this.#timer = setTimeout(() => void this.#run(""), ms);
  }

  async #run(after: string): Promise<void> {
    const query = this.query.peek().trim();
    if (!query) return this.#clear();
    const running = (this.#running = new AbortController());
    const channel = this.here.peek();
    this.loading.value = true;
    this.fault.value = undefined;
    try {
      const found = await this.link.request("search", {
        query, by: this.order.peek(), limit: page, zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...(channel && { channel }), ...(after && { after }),
      }, { signal: running.signal });
      if (!running.signal.aborted) this.#take(found, after !== "");
    } catch (error) {
      if (!running.signal.aborted) this.fault.value = faultOf(error);
    } finally {
      if (!running.signal.aborted) this.loading.value = this.#due = false;
    }
  }

  #take(found: wire.Found, further: boolean): void {
    batch(() => {
      const before = further ? (this.hits.peek() ?? []) : [];
      const known = new Set(before.map(keyOf));
      this.hits.value = [...before, ...found.hits.filter((h) => !known.has(keyOf(h)))];
      this.count.value = found.count;
      this.atLeast.value = found.at_least ?? false;
      this.rebuilding.value = found.rebuilding;
      this.#next = found.next ?? "";
      this.more.value = this.#next !== "";
    });
  }

  #clear(): void {
    this.#due = false;
    batch(() => {
      this.hits.value = this.fault.value = this.rebuilding.value = undefined;
      this.count.value = 0;
      this.atLeast.value = this.more.value = false;
    });
  }

  #back = (e: PopStateEvent): void => {
    if ((e.state as { results?: boolean } | null)?.results) side.value = "search";
  };
}
