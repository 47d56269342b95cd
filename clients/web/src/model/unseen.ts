import type { PresenceWatch } from "./presence.ts";
import type { Settings } from "./settings.ts";

/** The setting that hides the user from all others. It is the same on all devices. */
export const unseenName = "client/unseen";

/**
 * Keeps the user unseen as long as they have chosen so. This device remembers it too, because a new
 * session counts as online until it says otherwise.
 */
export class Unseen {
  readonly #key: string;
  readonly #end: () => void;

  constructor(me: string, readonly presence: PresenceWatch, readonly settings: Settings) {
    this.#key = `natterjack.unseen.${me}`;
    const known = settings.of(unseenName);
    if (localStorage.getItem(this.#key)) known.value = "1";
    this.#end = known.subscribe((value) => this.#apply(value !== ""));
  }

  close(): void {
    this.#end();
  }

  /** Forgets the choice on this device, because the user signs out. */
  forget(): void {
    this.#end();
    localStorage.removeItem(this.#key);
  }

  #apply(unseen: boolean): void {
    if (unseen) localStorage.setItem(this.#key, "1");
    else localStorage.removeItem(this.#key);
    if (this.presence.invisible === unseen) return;
    this.presence.invisible = unseen;
    this.presence.tell();
  }
}
