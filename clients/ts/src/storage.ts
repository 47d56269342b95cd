/**
 * Keeps what must survive the end of the program: messages that are not sent yet, and the
 * position. Values are what structuredClone can copy, files included. A storage belongs to one
 * user.
 */
export interface Storage {
  /** Returns the value of a key, or undefined. */
  get(key: string): Promise<unknown>;
  /** Returns all keys that begin with a prefix and their values, ascending by key. */
  list(prefix: string): Promise<[key: string, value: unknown][]>;
  /**
   * Stores a value. It is kept once the promise resolves. An urgent value is JSON, and a person has
   * just written it. If the program may end at any moment, as a page does, such a value should be
   * safe even before the promise resolves.
   */
  put(key: string, value: unknown, urgent?: boolean): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Keeps nothing longer than the program runs. */
export class MemoryStorage implements Storage {
  readonly #values = new Map<string, unknown>();

  async get(key: string): Promise<unknown> {
    return structuredClone(this.#values.get(key));
  }

  async list(prefix: string): Promise<[string, unknown][]> {
    const found = [...this.#values].filter(([key]) => key.startsWith(prefix));
    return structuredClone(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async put(key: string, value: unknown): Promise<void> {
    this.#values.set(key, structuredClone(value));
  }

  async delete(key: string): Promise<void> {
    this.#values.delete(key);
  }
}
