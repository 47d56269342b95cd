import { signal, type Signal } from "@preact/signals";
import type { Link } from "./link.ts";
import type { UserPresence } from "./wire.ts";

const most = 200; // users in one command
const pause = 300; // milliseconds, so that scrolling does not ask for every row that it passes
const idleAfter = 5 * 60_000;

/**
 * Follows the presence of the users on the screen, and tells this user's own presence. A user is
 * away after five minutes without a key or a touch.
 */
export class PresenceWatch {
  readonly #known = new Map<string, Signal<UserPresence | undefined>>();
  readonly #shown = new Map<string, number>(); // how many parts show a user
  #followed = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #own: "online" | "away" = "online";
  /** Whether the user has chosen that no user sees them. */
  invisible = false;

  constructor(readonly link: Link) {}

  /** Returns the presence of a user, for a component to follow. */
  of(user: string): Signal<UserPresence | undefined> {
    let known = this.#known.get(user);
    if (!known) this.#known.set(user, (known = signal(undefined)));
    return known;
  }

  /** Says that a user is on screen, until the returned function is called. */
  show(user: string): () => void {
    this.#shown.set(user, (this.#shown.get(user) ?? 0) + 1);
    this.#later();
    return () => {
      const left = (this.#shown.get(user) ?? 1) - 1;
      if (left > 0) this.#shown.set(user, left);
      else this.#shown.delete(user);
      this.#later();
    };
  }

  receive(users: readonly UserPresence[]): void {
    for (const u of users) this.of(u.user).value = u;
  }

  /** Tells that a key was pressed or the screen touched. */
  active = (): void => {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#become("away"), idleAfter);
    this.#become("online");
  };

  /** Tells the server the state of presence of this session. */
  tell(): void {
    this.link.present(this.invisible ? "invisible" : this.#own);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#idle);
  }

  #become(state: "online" | "away"): void {
    if (this.#own === state) return;
    this.#own = state;
    if (!this.invisible) this.tell();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#follow();
    }, pause);
  }

  #follow(): void {
    const users = [...this.#shown.keys()].slice(-most).sort();
    const key = users.join(" ");
    if (key === this.#followed) return;
    this.#followed = key;
    this.link.follow(users);
  }
}
