import type { Channels } from "./channels.ts";
import type { People, Person } from "./people.ts";
import type { ChannelInfo } from "./wire.ts";

const most = 60; // rows: more than a screen shows
const pause = 5000; // between two writes

interface Kept {
  channels: ChannelInfo[];
  people: Person[];
}

/**
 * Keeps the top of the list on this device, so that it is there at once after a reload, before the
 * server has answered. What the server says then takes its place.
 */
export class LastVisit {
  readonly #stop: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly channels: Channels, readonly people: People) {
    this.#show();
    const unsubscribe = channels.order.subscribe(() => this.#later());
    const keep = () => this.#keep();
    addEventListener("pagehide", keep);
    this.#stop = () => {
      unsubscribe();
      removeEventListener("pagehide", keep);
    };
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
  }

  /** Forgets the list, because the user signs out. */
  forget(): void {
    this.close();
    localStorage.removeItem(this.#key);
  }

  #show(): void {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? "null") as Kept | null;
      if (!kept) return;
      this.people.receive(kept.people);
      this.channels.showLastVisit(kept.channels);
    } catch {
      localStorage.removeItem(this.#key); // another version of the app has written it
    }
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#keep();
    }, pause);
  }

  #keep(): void {
    if (!this.channels.ready.peek()) return;
    const ids = this.channels.order.peek();
    const top = ids.filter((id) => this.channels.of(id).peek().top);
    const channels = [...new Set([...top, ...ids])].slice(0, most).map((id) => this.channels.of(id).peek());
    const people = this.people.all().filter((p) => p.name !== p.user).slice(0, 4 * most);
    try {
      localStorage.setItem(this.#key, JSON.stringify({ channels, people } satisfies Kept));
    } catch {
      // There is no room. Then the list comes from the server.
    }
  }

  get #key(): string {
    return `natterjack.list.${this.channels.me}`;
  }
}
