import type { Outbox } from "./outbox.js";
import type * as wire from "./wire.gen.js";

type Setting = "set_presence" | "watch" | "follow_presence";
type Values = { set_presence: wire.PresenceState; watch: string[]; follow_presence: string[] };

/**
 * The order in which a session is told its settings. Presence comes first, so that no user sees a
 * wrong state before it is set.
 */
const order: Setting[] = ["set_presence", "watch", "follow_presence"];

/**
 * Holds the settings of a session that end with it. The next session is told them again. A
 * transport that has no session, which is polling, is told none.
 */
export class Standing {
  readonly #values: Partial<Values> = {};
  readonly #outbox: Outbox;
  readonly #log: (message: string, about: { [name: string]: unknown }) => void;
  readonly #waiting = new Map<Setting, () => void>(); // gives up a command without an answer
  #lasts = false;

  constructor(outbox: Outbox, log: (message: string, about: { [name: string]: unknown }) => void) {
    this.#outbox = outbox;
    this.#log = log;
  }

  set<S extends Setting>(name: S, value: Values[S]): void {
    this.#values[name] = value;
    if (this.#lasts) this.#tell(name);
  }

  /** Tells a new session all settings. */
  begin(lasts: boolean): void {
    this.#lasts = lasts;
    for (const name of order) if (lasts && this.#values[name] !== undefined) this.#tell(name);
  }

  /** Takes note that the session has ended. The next session is told what this one was not told. */
  end(): void {
    this.#lasts = false;
    for (const giveUp of this.#waiting.values()) giveUp();
    this.#waiting.clear();
  }

  #tell(name: Setting): void {
    this.#waiting.get(name)?.(); // an older value that was not written yet need not be written
    const settled = () => this.#waiting.delete(name);
    const giveUp = this.#outbox.add({
      command: (ref) => this.#command(name, ref),
      reply: name === "follow_presence" ? "presence" : "done",
      done: settled,
      failed: (error) => {
        settled();
        this.#log("a setting of the session was refused", { command: name, error: String(error) });
      },
    });
    this.#waiting.set(name, giveUp);
  }

  /** Builds a command when it is written, because a repeat must not undo a later setting. */
  #command(name: Setting, ref: number): wire.Command {
    const v = this.#values;
    switch (name) {
      case "set_presence":
        return { type: name, ref, state: v.set_presence! };
      case "watch":
        return { type: name, ref, channels: v.watch! };
      case "follow_presence":
        return { type: name, ref, users: v.follow_presence! };
    }
  }
}
