/**
 * Holds in local storage what a database is about to keep. A page that ends takes its database's
 * open transactions with it, whereas local storage is written in the same moment. Nothing is held
 * where there is no local storage, as in a worker, or no room in it.
 */
export class Ahead {
  readonly #prefix: string;

  constructor(database: string) {
    this.#prefix = `${database}.ahead.`;
  }

  /** Holds a value, which is JSON. */
  hold(key: string, value: unknown): void {
    try {
      localStorage.setItem(this.#prefix + key, JSON.stringify(value));
    } catch {
      // The database will have it in a moment.
    }
  }

  /** Lets go of a value, because the database has it. */
  drop(key: string): void {
    globalThis.localStorage?.removeItem(this.#prefix + key);
  }

  /** Returns what is held. */
  list(): [key: string, value: unknown][] {
    const all: [string, unknown][] = [];
    for (const [place, value] of Object.entries(globalThis.localStorage ?? {})) {
      if (place.startsWith(this.#prefix)) all.push([place.slice(this.#prefix.length), JSON.parse(value as string)]);
    }
    return all;
  }
}
