import { databaseOf } from "./database.ts";
import type { Link } from "./link.ts";

const step = 100; // milliseconds by which a tab lets better tabs go first
const remembered = 50; // messages of which a tab knows that they were heard, or seen

/**
 * Decides in which tab of a user the sound of a message is played. It is played in at most one tab,
 * and in none if the user looks at the message in any tab. A tab can make sounds only if the person
 * has touched it. The person may not have touched the tab that leads.
 */
export class Hearing {
  readonly #talk: BroadcastChannel;
  readonly #due = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #done = new Set<string>();

  constructor(me: string, readonly link: Link) {
    this.#talk = new BroadcastChannel(`${databaseOf(me)}.sound`);
    this.#talk.onmessage = ({ data }: MessageEvent<string>) => this.#settle(data);
  }

  /** Says that the user looks at a message here. */
  seen(message: string): void {
    this.#settle(message);
    this.#talk.postMessage(message);
  }

  /** Plays the sound of a message, unless another tab does it before or the user has seen it. */
  offer(message: string, play: () => void): void {
    if (this.#done.has(message) || !touched()) return;
    const rank = !document.hidden ? 1 : this.link.leads?.peek() !== false ? 2 : 3;
    this.#due.set(message, setTimeout(() => {
      this.seen(message);
      play();
    }, (rank + Math.random() / 2) * step));
  }

  close(): void {
    for (const timer of this.#due.values()) clearTimeout(timer);
    this.#talk.close();
  }

  #settle(message: string): void {
    clearTimeout(this.#due.get(message));
    this.#due.delete(message);
    this.#done.add(message);
    if (this.#done.size > remembered) this.#done.delete(this.#done.values().next().value!);
  }
}

/** Tells whether the browser lets this tab make sounds. */
const touched = (): boolean => navigator.userActivation?.hasBeenActive ?? true;
