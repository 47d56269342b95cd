import { signal, type Signal } from "@preact/signals";
import type { Link } from "./link.ts";
import type { Setting } from "./wire.ts";

/** The user's own settings that the app acts on. They are the same on all devices. */
export class Settings {
  readonly #changes = signal(0); // counts up when a setting is added or removed
  readonly #byName = new Map<string, Signal<string>>();
  readonly #changing = new Set<string>(); // names whose change is not answered yet

  constructor(readonly link: Link) {}

  /** Returns the value of a setting, for a component to follow; "" if it is not set. */
  of(name: string): Signal<string> {
    let known = this.#byName.get(name);
    if (!known) this.#byName.set(name, (known = signal("")));
    return known;
  }

  /** Returns the names below a prefix that are set. A component that calls it follows them. */
  names(prefix: string): string[] {
    void this.#changes.value;
    return [...this.#byName].filter(([name, value]) => name.startsWith(prefix) && value.peek()).map(([name]) => name);
  }

  /**
   * Reads all settings below a prefix. Settings that another device has removed meanwhile are
   * removed here too.
   */
  async read(prefix: string): Promise<void> {
    const gone = new Set(this.names(prefix));
    let after = "";
    for (;;) {
      const reply = await this.link.request("get_settings", { prefix, ...(after && { after }) });
      for (const s of reply.settings) {
        gone.delete(s.name);
        this.receive(s);
      }
      after = reply.settings.at(-1)?.name ?? "";
      if (!reply.more) break;
    }
    for (const name of gone) if (!this.#changing.has(name)) this.receive({ name, value: "" });
  }

  /**
   * Changes a setting; "" removes it. The change is shown at once, and taken back if the server
   * refuses it.
   */
  async set(name: string, value: string): Promise<void> {
    const known = this.of(name);
    const before = known.peek();
    if (before === value) return;
    this.receive({ name, value });
    this.#changing.add(name);
    try {
      await this.link.request("set", { name, value });
    } catch (error) {
      this.receive({ name, value: before });
      throw error;
    } finally {
      this.#changing.delete(name);
    }
  }

  receive({ name, value }: Setting): void {
    const known = this.of(name);
    const was = known.peek() !== "";
    known.value = value;
    if (was !== (value !== "")) this.#changes.value = this.#changes.peek() + 1;
  }
}
