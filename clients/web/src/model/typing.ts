import { signal, type Signal } from "@preact/signals";
import type { Link } from "./link.ts";
import type { Event, Typing as Frame } from "./wire.ts";

const forgotten = 6000; // milliseconds after which a member counts as stopped

const nobody: readonly string[] = [];

/** Knows which members are writing in which channel, and tells where this user is writing. */
export class TypingWatch {
  readonly #byChannel = new Map<string, Signal<readonly string[]>>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(readonly me: string, readonly link: Link) {}

  /** Returns the users who are writing in a channel, for a component to follow. */
  of(channel: string): Signal<readonly string[]> {
    let known = this.#byChannel.get(channel);
    if (!known) this.#byChannel.set(channel, (known = signal(nobody)));
    return known;
  }

  /** Says that this user is writing. */
  write(channel: string): void {
    this.link.typing(channel);
  }

  receive({ channel, user }: Frame): void {
    if (user === this.me) return;
    const writing = this.of(channel);
    if (!writing.peek().includes(user)) writing.value = [...writing.peek(), user];
    const key = `${channel} ${user}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(() => this.#stop(channel, user), forgotten));
  }

  /** Takes a message. Its sender has stopped writing. */
  sent(e: Event): void {
    this.#stop(e.channel, e.sender);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #stop(channel: string, user: string): void {
    const key = `${channel} ${user}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const writing = this.#byChannel.get(channel);
    if (writing?.peek().includes(user)) writing.value = writing.peek().filter((u) => u !== user);
  }
}
