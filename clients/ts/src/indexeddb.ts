import { Ahead } from "./ahead.js";
import type { Storage } from "./storage.js";

const table = "values";

/** Keeps values in a database of the browser. Use one name for each user. */
export class IndexedDBStorage implements Storage {
  readonly #name: string;
  readonly #ahead: Ahead;
  #opened: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#ahead = new Ahead(name);
  }

  async get(key: string): Promise<unknown> {
    return await this.#in("readonly", (t) => {
      const r = t.get(key);
      return () => r.result as unknown;
    });
  }

  async list(prefix: string): Promise<[string, unknown][]> {
    const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
    return await this.#in("readonly", (t) => {
      const [keys, values] = [t.getAllKeys(range), t.getAll(range)]; // of one moment, so they fit
      return () => keys.result.map((key, i) => [String(key), values.result[i] as unknown]);
    });
  }

  async put(key: string, value: unknown, urgent = false): Promise<void> {
    if (urgent) this.#ahead.hold(key, value);
    await this.#in("readwrite", (t) => void t.put(value, key));
    if (urgent) this.#ahead.drop(key);
  }

  async delete(key: string): Promise<void> {
    await this.#in("readwrite", (t) => void t.delete(key));
  }

  /** Closes the database. The next call opens it again. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    (await opened?.catch(() => undefined))?.close();
  }

  /** Removes the database. An application calls it when the user signs out for good. */
  async remove(): Promise<void> {
    await this.close();
    for (const [key] of this.#ahead.list()) this.#ahead.drop(key);
    await new Promise<void>((resolve, reject) => {
      const r = indexedDB.deleteDatabase(this.#name);
      r.onsuccess = r.onblocked = () => resolve(); // a blocked one is removed once other tabs close it
      r.onerror = () => reject(r.error);
    });
  }

  /** Makes requests in one transaction, and returns their result once it is complete. */
  async #in<T>(mode: IDBTransactionMode, work: (t: IDBObjectStore) => (() => T) | void): Promise<T> {
    this.#opened ??= this.#open();
    let db: IDBDatabase;
    try {
      db = await this.#opened;
    } catch (error) {
      this.#opened = undefined; // so that the next call tries again
      throw error;
    }
    return await new Promise<T>((resolve, reject) => {
      const t = db.transaction(table, mode);
      const result = work(t.objectStore(table));
      t.oncomplete = () => resolve(result?.() as T);
      t.onerror = t.onabort = () => reject(t.error ?? new Error("the database gave up"));
    });
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const r = indexedDB.open(this.#name, 1);
      r.onupgradeneeded = () => r.result.createObjectStore(table);
      r.onerror = () => reject(r.error);
      r.onsuccess = () => {
        const db = r.result;
        const gone = () => {
          db.close(); // another tab removes the database, or wants a newer version
          this.#opened = undefined;
        };
        db.onversionchange = gone;
        db.onclose = gone;
        this.#recover(db);
        resolve(db);
      };
    });
  }

  /**
   * Stores the values that an earlier page could not store before it ended. A value that the
   * database has already is newer.
   */
  #recover(db: IDBDatabase): void {
    for (const [key, value] of this.#ahead.list()) {
      const t = db.transaction(table, "readwrite");
      t.objectStore(table).add(value, key).onerror = (e) => e.preventDefault(); // it is there
      t.oncomplete = () => this.#ahead.drop(key);
    }
  }
}
