import { signal, type Signal } from "@preact/signals";
import type { Link } from "./link.ts";
import { validChannel, type Setting } from "./wire.ts";

const prefix = "client/draft/";
const most = 1024; // bytes of a setting; a draft that is larger is not told, and other devices lose theirs
const pause = 2000; // milliseconds after the last key until the other devices are told

/** A message that was begun and not sent. */
export interface Draft {
  text: string;
  replyTo?: number;
}

/** A draft as this device keeps it. */
interface Kept {
  draft?: Draft;
  /** The value that the other devices are known to have. */
  told: string;
}

/**
 * Keeps the draft of each channel: on this device at once, and on the user's other devices after a
 * pause. The draft of another device replaces the draft here only if it is newer. That is so if
 * this device has changed nothing since it last told its own draft.
 */
export class Drafts {
  readonly #byChannel = new Map<string, Signal<Draft | undefined>>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #told = new Map<string, string>(); // what the other devices are known to have
  readonly #seen = new Map<string, string>(); // what this device keeps, as this tab saw it last
  #forgotten = false;

  constructor(readonly me: string, readonly link: Link) {
    for (const channel of this.#stored()) this.#look(channel);
  }

  /** Returns the draft of a channel, for a component to follow. */
  of(channel: string): Signal<Draft | undefined> {
    let known = this.#byChannel.get(channel);
    if (!known) this.#byChannel.set(channel, (known = signal(undefined)));
    return known;
  }

  /** Keeps a draft. An empty one is removed. */
  keep(channel: string, draft: Draft | undefined): void {
    const empty = !draft?.text.trim() && !draft?.replyTo;
    this.of(channel).value = empty ? undefined : draft;
    this.#store(channel);
    clearTimeout(this.#timers.get(channel));
    this.#timers.set(channel, setTimeout(() => void this.#tell(channel), pause));
  }

  /** Reads the drafts of other devices, and tells them what they do not have yet. */
  async begin(): Promise<void> {
    const gone = new Set([...this.#told].filter(([, value]) => value).map(([channel]) => channel));
    let after = "";
    for (;;) {
      const reply = await this.link.request("get_settings", { prefix, ...(after && { after }) });
      for (const s of reply.settings) {
        gone.delete(s.name.slice(prefix.length));
        this.receive(s);
      }
      after = reply.settings.at(-1)?.name ?? "";
      if (!reply.more) break;
    }
    for (const channel of gone) this.receive({ name: prefix + channel, value: "" });
    for (const channel of [...this.#byChannel.keys()]) {
      this.#look(channel);
      if (!this.#timers.has(channel)) void this.#tell(channel);
    }
  }

  /** Takes a setting that a device has set: another one, or this one. */
  receive({ name, value }: Setting): void {
    if (!name.startsWith(prefix)) return;
    const channel = name.slice(prefix.length);
    this.#look(channel);
    const told = this.#told.get(channel) ?? "";
    this.#told.set(channel, value);
    const changed = valueOf(this.of(channel).peek()) !== told; // here, since it was told
    if (!changed && value !== told && !this.#timers.has(channel)) this.of(channel).value = parsed(value);
    this.#store(channel);
  }

  /** Tells the other devices at once, because the page may be closed. */
  async flush(): Promise<void> {
    await Promise.all([...this.#timers.keys()].map((channel) => this.#tell(channel)));
  }

  /**
   * Removes what this device keeps, because the user signs out. The other devices keep their
   * drafts.
   */
  forget(): void {
    this.#forgotten = true;
    for (const channel of this.#stored()) localStorage.removeItem(this.#key(channel));
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #tell(channel: string): Promise<void> {
    clearTimeout(this.#timers.get(channel));
    this.#timers.delete(channel);
    const draft = this.of(channel).peek();
    const whole = valueOf(draft);
    const value = new TextEncoder().encode(whole).length > most ? "" : whole;
    if (value === (this.#told.get(channel) ?? "")) return;
    const told = () => {
      this.#told.set(channel, value);
      this.#store(channel);
    };
    await this.link.request("set", { name: prefix + channel, value }).then(told, () => {}); // the next change tells it
  }

  #key(channel: string): string {
    return `natterjack.draft.${this.me}.${channel}`;
  }

  /**
   * Returns the channels of which this device keeps a draft. Each draft has its own key, because
   * tabs share them.
   */
  #stored(): string[] {
    const prefix = this.#key("");
    return Object.keys(localStorage).filter((k) => k.startsWith(prefix)).map((k) => k.slice(prefix.length)).filter(validChannel);
  }

  /** Takes what another tab has kept meanwhile. */
  #look(channel: string): void {
    const stored = localStorage.getItem(this.#key(channel)) ?? "";
    if (stored === (this.#seen.get(channel) ?? "")) return;
    this.#seen.set(channel, stored);
    const { draft, told } = kept(stored);
    this.#told.set(channel, told);
    if (!this.#timers.has(channel)) this.of(channel).value = draft;
  }

  #store(channel: string): void {
    if (this.#forgotten) return;
    const draft = this.of(channel).peek();
    const told = this.#told.get(channel) ?? "";
    const stored = draft || told ? JSON.stringify({ ...(draft && { draft }), told } satisfies Kept) : "";
    this.#seen.set(channel, stored);
    try {
      if (stored) localStorage.setItem(this.#key(channel), stored);
      else localStorage.removeItem(this.#key(channel));
    } catch {
      // There is no room. Then the draft lives as long as this tab.
    }
  }
}

/** Returns a draft as a setting has it. */
const valueOf = (draft: Draft | undefined): string => (draft ? JSON.stringify(draft) : "");

function kept(stored: string): Kept {
  try {
    const { draft, told } = JSON.parse(stored) as Partial<Kept>;
    return { ...(typeof draft?.text === "string" && { draft }), told: typeof told === "string" ? told : "" };
  } catch {
    return { told: "" };
  }
}

function parsed(value: string): Draft | undefined {
  try {
    const draft = JSON.parse(value) as Draft;
    return typeof draft.text === "string" ? draft : undefined;
  } catch {
    return undefined;
  }
}
