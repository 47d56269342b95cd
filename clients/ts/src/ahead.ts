/**
 * Holds in local storage what a database is about to keep. The open transactions of a database are
 * lost when their page ends, whereas local storage is written in the same moment. Nothing is held
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
    local()?.removeItem(this.#prefix + key);
  }

  /** Returns what is held. */
  list(): [key: string, value: unknown][] {
    const all: [string, unknown][] = [];
    for (const [place, value] of Object.entries(local() ?? {})) {
      if (!place.startsWith(this.#prefix)) continue;
      const key = place.slice(this.#prefix.length);
      try {
        all.push([key, JSON.parse(value as string)]);
      } catch {
        this.drop(key); // something else has written there
      }
    }
    return all;
  }
}

/** Returns the local storage, if there is one and the browser lets the page have it. */
function local(): typeof localStorage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
