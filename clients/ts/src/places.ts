import type { Outbox } from "./outbox.js";
import { maxReceived } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** How far a channel was read and received here, and how far the server was told. */
interface Place {
  read: number;
  received: number;
  readTold: number;
  receivedTold: number;
  told: number; // when the server was told, by performance.now
}

/** How long places are gathered before they are told, in milliseconds. */
const gather = 1000;

/**
 * A server that crashes may forget what it was told in this time, in milliseconds, so it is told
 * again.
 */
const forgets = 60_000;

/**
 * Tells the server how far the user has read, and how far this device has received, with few
 * commands however fast messages come.
 */
export class Places {
  readonly #outbox: Outbox;
  readonly #seen: () => wire.ShardPos[];
  readonly #places = new Map<string, Place>();
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connected = false;

  constructor(outbox: Outbox, seen: () => wire.ShardPos[]) {
    this.#outbox = outbox;
    this.#seen = seen;
  }

  read(channel: string, seq: number): void {
    const p = this.#place(channel);
    if (seq <= p.read) return;
    p.read = seq;
    p.received = Math.max(p.received, seq);
    this.#change(channel);
  }

  received(channel: string, seq: number): void {
    const p = this.#place(channel);
    if (seq <= p.received) return;
    p.received = seq;
    this.#change(channel);
  }

  /** Tells a new session what waits, and again what was told just before the last session ended. */
  begin(): void {
    this.#connected = true;
    const since = performance.now() - forgets;
    for (const [channel, p] of this.#places) {
      if (p.told === 0 || p.told < since) continue;
      p.readTold = p.receivedTold = 0;
      this.#changed.add(channel);
    }
    if (this.#changed.size > 0) this.#schedule();
  }

  end(): void {
    this.#connected = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Tells at once what waits, because the page may not come back. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#connected) return;
    const changed = [...this.#changed];
    this.#changed.clear();
    const cursors: wire.ChannelSeq[] = [];
    for (const channel of changed) {
      const p = this.#place(channel);
      if (p.read > p.readTold) this.#tellRead(channel, p);
      if (p.received > p.receivedTold) cursors.push({ channel, seq: p.received });
    }
    for (let i = 0; i < cursors.length; i += maxReceived) this.#tellReceived(cursors.slice(i, i + maxReceived));
  }

  #place(channel: string): Place {
    let p = this.#places.get(channel);
    if (!p) this.#places.set(channel, (p = { read: 0, received: 0, readTold: 0, receivedTold: 0, told: 0 }));
    return p;
  }

  #change(channel: string): void {
    this.#changed.add(channel);
    if (this.#connected) this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), gather);
  }

  /** Tells how far the user has read. A message that was read counts as received too. */
  #tellRead(channel: string, p: Place): void {
    const seq = (p.readTold = p.read);
    p.receivedTold = Math.max(p.receivedTold, seq);
    this.#ask((ref, seen) => ({ type: "read", ref, channel, seq, seen }), [{ channel, seq }]);
  }

  #tellReceived(cursors: wire.ChannelSeq[]): void {
    for (const { channel, seq } of cursors) this.#place(channel).receivedTold = seq;
    this.#ask((ref, seen) => ({ type: "received", ref, cursors, seen }), cursors);
  }

  /**
   * Gives a command. A refusal says that the user is not a member of the channel, so nothing is
   * left to tell.
   */
  #ask(command: (ref: number, seen: wire.ShardPos[]) => wire.Command, about: wire.ChannelSeq[]): void {
    this.#outbox.add({
      command: (ref) => command(ref, this.#seen()),
      reply: "done",
      done: () => {
        for (const { channel } of about) this.#place(channel).told = performance.now();
      },
      failed: () => {},
    });
  }
}
