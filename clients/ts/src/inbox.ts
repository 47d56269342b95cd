import type { Position } from "./options.js";
import type * as wire from "./wire.gen.js";

/**
 * Tells that events may be missing between the event before it and the event after it. With a
 * channel, they may be missing between two messages of that channel. Without one, they may be
 * missing in all channels. The application reads its data again, with list_channels and history.
 */
export interface Reset {
  type: "reset";
  channel?: string;
  after?: number;
  before?: number;
}

/** One thing that a client yields. */
export type Item = wire.Event | Reset;

/** An item, and the position behind a reset. */
interface Held {
  item: Item;
  from?: Position;
}

/**
 * Holds the events and resets that the application has not taken. A limit bounds the events. Resets
 * are always let in, because between two events there is at most one reset of all channels.
 */
export class Inbox {
  readonly #limit: number;
  readonly #held: Held[] = [];
  #events = 0; // number of events among those held
  #at: Position | undefined; // the position behind the events that the application has taken
  #taken: Held | undefined; // the item that the application works on
  #more: (() => void) | undefined; // wakes the reader that waits for the next item
  #end: { error?: Error } | undefined;

  constructor(limit: number, from?: Position) {
    this.#limit = limit;
    this.#at = from && clone(from);
  }

  /** Adds an event. It returns false if there is no room. */
  push(event: wire.Event): boolean {
    if (this.#events >= this.#limit) return false;
    this.#events++;
    this.#add({ item: event });
    return true;
  }

  /** Tells a gap of one channel. */
  tell(reset: Reset): void {
    this.#add({ item: reset });
  }

  /**
   * Says where events begin from this point on. It is told as a reset unless it is the first such
   * position.
   */
  rebase(from: Position, first: boolean): void {
    if (first) {
      this.#at = clone(from);
      return;
    }
    const last = this.#held.at(-1);
    if (last?.from) last.from = clone(from);
    else this.#add({ item: { type: "reset" }, from: clone(from) });
  }

  #add(held: Held): void {
    this.#held.push(held);
    this.#more?.();
  }

  /** Lets the application take the items that are left, and ends after them. */
  finish(error?: Error): void {
    this.#end ??= error ? { error } : {};
    this.#more?.();
  }

  /**
   * Returns the next item without waiting. The position moves behind it with {@link Inbox.handled}.
   */
  take(): Item | undefined {
    this.handled();
    this.#taken = this.#held.shift();
    return this.#taken?.item;
  }

  /** Moves the position behind the item that was taken last. */
  handled(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (!taken) return;
    if (taken.from) this.#at = taken.from;
    if (taken.item.type !== "event") return;
    this.#events--;
    const { shard, pos } = taken.item;
    const at = this.#at?.positions;
    // Events that were dropped may come after later events of their shard.
    if (at) at[shard] = Math.max(at[shard] ?? 0, pos);
  }

  /**
   * Waits until there is an item to take. It returns false at the end, and throws if the end is an
   * error.
   */
  async wait(): Promise<boolean> {
    while (this.#held.length === 0) {
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return false;
      await new Promise<void>((resolve) => (this.#more = resolve));
      this.#more = undefined;
    }
    return true;
  }

  /** Reports whether so little is held that it is worth reading dropped events again. */
  get hasRoom(): boolean {
    return this.#events <= this.#limit / 2;
  }

  /** The position behind the events that the application has handled. */
  get position(): Position | undefined {
    return this.#at && clone(this.#at);
  }
}

function clone(p: Position): Position {
  return { epoch: p.epoch, positions: [...p.positions] };
}
