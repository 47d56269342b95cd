import { ProtocolError } from "./errors.js";
import type { Position } from "./options.js";
import type * as wire from "./wire.gen.js";

/** A hole in the numbers of a channel's messages. */
export interface Gap {
  channel: string;
  after: number;
  before: number;
}

/** How far a channel has been read. */
interface Place {
  pos: number;
  seq: number; // of the last message, if numbered
  numbered: boolean;
}

/** What to do with an event: it is delivered if it is fresh, and a gap is told. */
interface Verdict {
  fresh: boolean;
  gap?: Gap;
}

/**
 * Knows which events have been read. It tells new events from old ones, and finds holes in the
 * numbers of a channel.
 *
 * New events are told from old ones for each channel. The position of the shard alone would not
 * do: once another channel of the shard went on, a message that was left out would look like an
 * old one.
 */
export class Tracker {
  #epoch = "";
  #base: number[] = []; // per shard, where reading began
  #pos: number[] = []; // per shard, where the next session begins
  #acked: number[] = []; // per shard, the newest pos of an ack
  readonly #channels = new Map<string, Place>();
  #suspect: Gap | undefined; // the hole for which a place is being read a second time

  constructor(from?: Position) {
    if (from) this.#begin(from);
  }

  #begin(from: Position): void {
    this.#epoch = from.epoch;
    this.#base = [...from.positions];
    this.#pos = [...from.positions];
    this.#acked = from.positions.map(() => 0);
    this.#channels.clear();
  }

  /** Returns where the next session begins, or undefined if any place will do. */
  resume(): Position | undefined {
    return this.#epoch === "" ? undefined : { epoch: this.#epoch, positions: [...this.#pos] };
  }

  /**
   * Takes over the positions of a welcome frame. It returns "lost" if events were lost, "first" if
   * the position is the first one, and otherwise "same".
   */
  adopt(w: Pick<wire.Welcome, "recovered" | "epoch" | "positions">): "same" | "first" | "lost" {
    if (w.recovered && this.#epoch === w.epoch && this.#pos.length === w.positions.length) return "same";
    const first = this.#epoch === "";
    this.#begin(w);
    return first ? "first" : "lost";
  }

  /**
   * Says what to do with an event. It throws if the place must be read again from another
   * connection. A hole is such an error the first time it is met. The second time the hole is in
   * the log itself, and reading again will not fill it.
   */
  check(ev: wire.Event): Verdict {
    const base = this.#base[ev.shard];
    if (base === undefined) throw new ProtocolError(`an event of shard ${ev.shard} of ${this.#base.length}`);
    const p = this.#channels.get(ev.channel) ?? { pos: base, seq: 0, numbered: false };
    if (ev.pos <= p.pos) {
      this.#reach(ev);
      return { fresh: false };
    }
    const seq = ev.seq ?? 0;
    if (ev.kind !== "message" || !p.numbered || seq === p.seq + 1) return { fresh: true };
    const gap: Gap = { channel: ev.channel, after: p.seq, before: seq };
    const s = this.#suspect;
    if (s?.channel !== gap.channel || s.after !== gap.after || s.before !== gap.before) {
      this.#suspect = gap;
      // The rest of the shard is read twice. The places of the other channels tell which events
      // are old.
      this.#pos[ev.shard] = Math.min(this.#pos[ev.shard]!, p.pos);
      throw new ProtocolError(`in ${gap.channel}, message ${gap.after} is followed by message ${gap.before}`);
    }
    return { fresh: seq > p.seq, gap };
  }

  /** Moves behind an event. */
  advance(ev: wire.Event): void {
    this.#reach(ev);
    const before = this.#channels.get(ev.channel);
    const p: Place = { pos: ev.pos, seq: before?.seq ?? 0, numbered: false };
    if (ev.kind === "message") {
      p.seq = Math.max(p.seq, ev.seq ?? 0);
      p.numbered = true;
    } else if (ev.meta?.action === "created") {
      p.seq = 0; // the first message has seq 1
      p.numbered = true;
    }
    // Any other event may mean that the user left and came back. Numbers between the two are
    // missing for good reason.
    this.#channels.set(ev.channel, p);
  }

  #reach(ev: wire.Event): void {
    this.#pos[ev.shard] = Math.max(this.#pos[ev.shard] ?? 0, ev.pos);
  }

  /** Stores the position that the answer to a command gives. The event itself may come later. */
  acknowledged(shard: number, pos: number): void {
    const known = this.#acked[shard];
    if (known !== undefined) this.#acked[shard] = Math.max(known, pos);
  }

  /**
   * Returns the newest position in each shard that this client knows. The node that answers a query
   * must know it too.
   */
  seen(): wire.ShardPos[] {
    return this.#pos.map((pos, shard) => ({ shard, pos: Math.max(pos, this.#acked[shard] ?? 0) })).filter((at) => at.pos > 0);
  }

  /** Returns the seq of the channel's last message read, or 0 if there was none. */
  seq(channel: string): number {
    return this.#channels.get(channel)?.seq ?? 0;
  }
}
