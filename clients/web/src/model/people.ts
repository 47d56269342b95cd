import { signal, type Signal } from "@preact/signals";
import type { wire } from "natterjack";
import { lookOf } from "./alike.ts";
import type { Link } from "./link.ts";

/** What the app shows of a person. */
export interface Person extends wire.Profile {
  /** The display name, or the id of the user if there is none. */
  name: string;
}

const sizes = ["small", "large"] as const;
type Size = (typeof sizes)[number];

const most = 100; // users, or pictures, in one command
const pause = 30; // milliseconds in which questions about people on the screen are gathered
const kept = 500; // people who are asked for again after a reconnect
const goodFor = 60_000; // a URL of a picture that expires sooner is not used

/**
 * Knows the people who are or were on the screen. A profile is asked for when it is first shown,
 * many profiles at once. The server tells the changes of people with whom this user shares a
 * channel.
 */
export class People {
  readonly #known = new Map<string, Signal<Person>>();
  readonly #byLook = new Map<string, Signal<readonly string[]>>(); // users whose profiles are known
  readonly #pictures = new Map<string, { url: Signal<string>; expires: number }>(); // by size and id
  readonly #askUsers = new Set<string>();
  readonly #askPictures = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly me: string, readonly link: Link) {}

  /** Returns a person, for a component to follow. */
  of(user: string): Signal<Person> {
    let known = this.#known.get(user);
    if (!known) {
      this.#known.set(user, (known = signal({ user, name: user })));
      this.#askUsers.add(user);
      this.#later();
    }
    return known;
  }

  /** Returns the name of a person. */
  name(user: string): string {
    return this.of(user).value.name;
  }

  /**
   * Tells whether another known person has a name that looks the same. An id belongs to one user
   * only.
   */
  hasTwin(user: string): boolean {
    const { name } = this.of(user).value;
    return name !== user && this.#looking(lookOf(name)).value.some((other) => other !== user);
  }

  #looking(look: string): Signal<readonly string[]> {
    let known = this.#byLook.get(look);
    if (!known) this.#byLook.set(look, (known = signal([])));
    return known;
  }

  /** Takes note of a name that is new. */
  #named({ user, name }: Person, before: string): void {
    const [old, now] = [this.#looking(lookOf(before)), this.#looking(lookOf(name))];
    if (name === before && now.peek().includes(user)) return;
    old.value = old.peek().filter((other) => other !== user);
    now.value = [...now.peek(), user];
  }

  /** Returns the URL of a picture in a size, for a component to follow; "" until it is known. */
  picture(id: string, size: Size = "small"): Signal<string> {
    const key = `${size} ${id}`;
    let known = this.#pictures.get(key);
    if (!known) this.#pictures.set(key, (known = { url: signal(""), expires: 0 }));
    if (known.expires < Date.now() + goodFor) {
      this.#askPictures.add(key);
      this.#later();
    }
    return known.url;
  }

  /** Returns all known people: partners, and members of groups that were looked at. */
  all(): Person[] {
    return [...this.#known.values()].map((p) => p.peek());
  }

  /** Takes what the server says of people. Of two profiles of a user the higher version counts. */
  receive(users: readonly wire.Profile[]): void {
    for (const p of users) {
      const known = this.of(p.user);
      if ((p.version ?? 0) < (known.peek().version ?? 0)) continue;
      const before = known.peek().name;
      known.value = { ...p, name: p.name || p.user };
      this.#named(known.peek(), before);
    }
  }

  /** Asks for the profile of a person again. */
  again(user: string): void {
    this.#askUsers.add(user);
    this.#later();
  }

  /** Begins a session: changes that were missed are not told again. */
  connected(): void {
    for (const user of [...this.#known.keys()].slice(-kept)) this.#askUsers.add(user);
    this.#later();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#askUsers.size > 0) void this.#profiles();
      if (this.#askPictures.size > 0) void this.#urls();
    }, pause);
  }

  async #profiles(): Promise<void> {
    const users = [...this.#askUsers].slice(0, most);
    for (const u of users) this.#askUsers.delete(u);
    if (this.#askUsers.size > 0) this.#later();
    try {
      this.receive((await this.link.request("get_profiles", { users })).users);
    } catch {
      // The app shows their ids instead, and asks for the profiles again with the next session.
    }
  }

  async #urls(): Promise<void> {
    const keys = [...this.#askPictures].slice(0, most);
    for (const key of keys) {
      this.#askPictures.delete(key);
      this.#pictures.get(key)!.expires = Infinity; // until there is an answer
    }
    if (this.#askPictures.size > 0) this.#later();
    await Promise.all(sizes.map((size) => this.#urlsOf(size, keys.filter((key) => key.startsWith(size)))));
  }

  async #urlsOf(size: Size, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const ids = keys.map((key) => key.slice(size.length + 1));
    const { pictures } = await this.link.request("get_pictures", { ids, rendition: size }).catch(() => ({ pictures: [] }));
    for (const id of ids) {
      const found = pictures.find((p) => p.id === id);
      const known = this.#pictures.get(`${size} ${id}`)!;
      known.expires = found?.expires ?? Date.now() + 5 * goodFor; // a missing picture is not asked for at each drawing
      if (found) known.url.value = found.url;
    }
  }
}
