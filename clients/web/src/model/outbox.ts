import { signal, type Signal } from "@preact/signals";
import type { FileState, Outgoing, OutgoingFile } from "natterjack";
import type { Fault } from "./explain.ts";
import type { Link } from "./link.ts";
import { newId, type Content, type Event } from "./wire.ts";

/** A message that is not known to be stored. */
export interface Pending {
  clientId: string;
  channel: string;
  at: number;
  content: Content;
  /** Its files that are on their way to storage. */
  files?: readonly FileState[];
  /** Its place in the channel, once it is stored. The event of the message is still to come. */
  seq?: number;
  /** Why the server does not take it; undefined while it waits. */
  fault?: Fault;
}

const none: readonly Pending[] = [];

/**
 * Shows the messages that are not known to be stored, in the order in which they were written. The
 * SDK keeps them, over reloads too.
 */
export class Outbox {
  /** How many messages wait. */
  readonly waiting = signal(0);
  readonly #byChannel = new Map<string, Signal<readonly Pending[]>>();

  /** newest returns the seq of the last message that is known in a channel. */
  constructor(readonly me: string, readonly link: Link, readonly newest: (channel: string) => number) {}

  /** Returns the messages that wait or failed in a channel, for a component to follow. */
  of(channel: string): Signal<readonly Pending[]> {
    let known = this.#byChannel.get(channel);
    if (!known) this.#byChannel.set(channel, (known = signal(none)));
    return known;
  }

  /** Sends a message. It is shown at once: the link tells its state when it can. */
  send(channel: string, content: Content, clientID = newId(), files: OutgoingFile[] = []): void {
    const named = files.map((f) => ({ ...f, name: f.name ?? (f.file as Partial<File>).name ?? "", stored: 0 }));
    this.changed({ clientID, channel, to: undefined, content, files: named, created: Date.now(), state: "waiting" });
    this.link.send(channel, content, clientID, files);
  }

  /** Sends a failed message again. */
  retry(p: Pending): void {
    this.link.retry(p.clientId);
  }

  /** Gives up a failed message. */
  drop(p: Pending): void {
    this.link.discard(p.clientId);
    this.#remove(p.channel, p.clientId);
  }

  /**
   * Takes a change of a message's state. A stored message stays until its event comes, or until
   * something behind it is known. A client that goes on behind an event is not told of that event
   * again.
   */
  changed(m: Outgoing): void {
    if (m.state === "stored") return this.#stored(m);
    if (!m.channel) return;
    const p: Pending = {
      clientId: m.clientID, channel: m.channel, at: m.created, content: m.content,
      ...(m.files.length > 0 && { files: m.files }),
      ...(m.error && { fault: { code: m.error.code, message: m.error.message } }),
    };
    const all = this.of(m.channel);
    const known = all.peek().some((o) => o.clientId === p.clientId);
    all.value = known ? all.peek().map((o) => (o.clientId === p.clientId ? p : o)) : [...all.peek(), p];
    this.#count();
  }

  /** Returns the files of a message that was on its way from this device. */
  filesOf(e: Event): readonly FileState[] {
    return (e.sender === this.me && this.of(e.channel).peek().find((p) => p.clientId === e.client_id)?.files) || [];
  }

  /** Takes an event. A message of this user is stored once its event comes. */
  receive(e: Event): void {
    if (e.sender === this.me && e.client_id) this.#remove(e.channel, e.client_id);
    this.#passed(e.channel, e.seq ?? 0);
  }

  /** Returns how many messages wait or have failed. */
  unsent(): number {
    return [...this.#byChannel.values()].reduce((n, all) => n + all.peek().filter((p) => !p.seq).length, 0);
  }

  /** Removes messages that are stored and known, after the channels were read anew. */
  settle(): void {
    for (const channel of this.#byChannel.keys()) this.#passed(channel, this.newest(channel));
  }

  #stored({ clientID, ack }: Outgoing): void {
    if (!ack) return;
    const all = this.of(ack.channel);
    if (!all.peek().some((p) => p.clientId === clientID)) return;
    all.value = all.peek().map((p) => (p.clientId === clientID ? { ...p, seq: ack.seq } : p));
    this.#passed(ack.channel, this.newest(ack.channel));
  }

  /** Removes the messages that are stored at or before a place. */
  #passed(channel: string, seq: number): void {
    for (const p of this.of(channel).peek()) if (p.seq && p.seq <= seq) this.#remove(channel, p.clientId);
  }

  #remove(channel: string, clientId: string): void {
    const all = this.of(channel);
    if (!all.peek().some((p) => p.clientId === clientId)) return;
    all.value = all.peek().filter((p) => p.clientId !== clientId);
    this.#count();
  }

  #count(): void {
    let n = 0;
    for (const all of this.#byChannel.values()) n += all.peek().filter((p) => !p.fault).length;
    this.waiting.value = n;
  }
}
