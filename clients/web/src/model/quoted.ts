import { signal, type Signal } from "@preact/signals";
import { fold } from "./fold.ts";
import type { Link } from "./link.ts";
import type { Event, Message } from "./wire.ts";

const most = 400; // a conversation holds as many rows, so no quote on the screen is let go

interface Entry {
  message: Signal<Message | undefined>;
  /**
   * Events that came while the message was being read. It is undefined once the message is there.
   */
  missed: Event[] | undefined;
}

/** The messages of a channel that other messages quote and that are not loaded themselves. */
export class Quoted {
  readonly #entries = new Map<number, Entry>(); // the message that was asked for last comes last

  constructor(readonly channel: string, readonly me: string, readonly link: Link) {}

  /** Returns a message for a component to follow. It is read when it is first asked for. */
  of(seq: number): Signal<Message | undefined> {
    const known = this.#entries.get(seq);
    const entry: Entry = known ?? { message: signal(undefined), missed: [] };
    this.#entries.delete(seq);
    this.#entries.set(seq, entry);
    if (!known) {
      if (this.#entries.size > most) this.#entries.delete(this.#entries.keys().next().value!);
      void this.#read(seq, entry);
    }
    return entry.message;
  }

  /** Takes an event that changes a message. A deleted message disappears from the quotes too. */
  receive(e: Event): void {
    const entry = this.#entries.get(e.target ?? 0);
    if (entry?.missed) entry.missed.push(e);
    else if (entry?.message.peek()) entry.message.value = fold(entry.message.peek()!, e, this.me);
  }

  /** Lets go of a message. It is read again when it is next asked for. */
  forget(seq: number): void {
    this.#entries.delete(seq);
  }

  clear(): void {
    this.#entries.clear();
  }

  async #read(seq: number, entry: Entry): Promise<void> {
    try {
      const { events } = await this.link.request("history", { channel: this.channel, before: seq + 1, limit: 1 });
      const found = (events as Message[]).find((m) => m.seq === seq);
      entry.message.value = found && (entry.missed ?? []).reduce<Message>((m, e) => fold(m, e, this.me), found);
      entry.missed = undefined;
    } catch {
      if (this.#entries.get(seq) === entry) this.#entries.delete(seq); // it is read when it is next shown
    }
  }
}
