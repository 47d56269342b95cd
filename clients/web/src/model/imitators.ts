import { signal, type Signal } from "@preact/signals";
import type { Link } from "./link.ts";

const most = 100; // users in one command

/** Asks which members of a channel have a name that looks like another member's. */
export class Imitators {
  /** The user whom each of them looks like. */
  readonly found: Signal<ReadonlyMap<string, string>> = signal(new Map());
  readonly #asked = new Map<string, string>(); // the name that each user had then

  constructor(readonly channel: string, readonly link: Link) {}

  /** Asks about the users who were not asked about under their present names. */
  async ask(people: readonly { user: string; name: string }[]): Promise<void> {
    const fresh = people.filter((p) => this.#asked.get(p.user) !== p.name);
    for (let i = 0; i < fresh.length; i += most) {
      const part = fresh.slice(i, i + most);
      for (const p of part) this.#asked.set(p.user, p.name);
      try {
        this.#take((await this.link.request("get_profiles", { users: part.map((p) => p.user), channel: this.channel })).users);
      } catch {
        for (const p of part) this.#asked.delete(p.user); // asked again when they are next shown
        return;
      }
    }
  }

  #take(users: readonly { user: string; imitates?: string }[]): void {
    const found = new Map(this.found.peek());
    for (const p of users) {
      if (p.imitates) found.set(p.user, p.imitates);
      else found.delete(p.user);
    }
    this.found.value = found;
  }
}
