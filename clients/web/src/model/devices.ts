import { signal } from "@preact/signals";
import type { wire } from "natterjack";
import type { Link } from "./link.ts";

/** The sessions of the user. They are read for a user who looks at them. */
export class Devices {
  /**
   * The session of this device comes first, then the newest. It is undefined until they are read.
   */
  readonly all = signal<readonly wire.Session[] | undefined>(undefined);
  readonly #ended = new Set<string>(); // ids that the server may list a moment longer

  constructor(readonly link: Link) {}

  async read(): Promise<void> {
    const { sessions } = await this.link.request("list_sessions", {});
    this.all.value = sessions.filter((s) => !this.#ended.has(s.id)).sort((a, b) => Number(this.own(b)) - Number(this.own(a)) || b.started - a.started);
  }

  /** Tells whether a session is the one of this device. Another tab may hold it. */
  own(s: wire.Session): boolean {
    return s.current === true || s.id === this.link.state.peek().session;
  }

  /** Returns all sessions but the one of this device. */
  others(): wire.Session[] {
    return (this.all.value ?? []).filter((s) => !this.own(s));
  }

  /** Signs sessions out. A session that has ended meanwhile counts as signed out. */
  async end(sessions: readonly wire.Session[]): Promise<void> {
    for (const s of sessions) {
      await this.link.request("sign_out", { session: s.id }).catch((error: { code?: string }) => {
        if (error.code !== "not_found") throw error;
      });
      this.#ended.add(s.id);
    }
    await this.read();
  }
}
