import { effect } from "@preact/signals";
import { muted, type Channels } from "../channels.ts";
import type { Event } from "../wire.ts";
import type { Shown } from "./talk.ts";

const pause = 150; // milliseconds in which the messages that the user reads are gathered
const aboutNothing = "natterjack-quiet"; // the tag of a notification that says that nothing is new

type Registration = () => Promise<Pick<ServiceWorkerRegistration, "getNotifications">>;

/** Tells how many messages the user has not read, as the list shows it. */
export function unreadIn(channels: Channels): number {
  return channels.listed().reduce((sum, c) => sum + (muted(c) ? 0 : c.unread), 0);
}

/**
 * Takes a notification back once its message was deleted, or was read on this device or another
 * one. It also keeps the badge of the app up to date.
 */
export class Withdrawal {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop: () => void;

  constructor(readonly me: string, readonly channels: Channels, readonly registration: Registration) {
    this.#stop = effect(() => {
      void channels.changes.value;
      if (channels.ready.value) this.#soon();
    });
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
    badge(0); // the next user here may be another one
  }

  /** Takes an event that may have deleted what is shown. */
  async deleted(e: Event): Promise<void> {
    for (const [n, data] of await this.#shown()) if (data.channel === e.channel && data.seq === e.target) n.close();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.look().catch(() => {}); // it looks again when the user next reads a message
    }, pause);
  }

  /** Looks at all notifications once. */
  async look(): Promise<void> {
    badge(unreadIn(this.channels));
    const mine = async () => (await this.#shown()).filter(([, { user }]) => user === this.me);
    let shown = await mine();
    const exists = (channel: string) => this.channels.of(channel).peek().exists;
    const unknown = new Set(shown.map(([, { channel }]) => channel).filter((channel) => !exists(channel)));
    for (const channel of unknown) await this.channels.refresh(channel);
    // A browser closes a notification by its tag. If another one has taken its place meanwhile,
    // that one would be closed.
    if (unknown.size > 0) shown = (await mine()).filter(([, { channel }]) => unknown.has(channel) || exists(channel));
    for (const [n, { channel, seq }] of shown) if (!exists(channel) || this.channels.of(channel).peek().known >= seq) n.close();
  }

  /**
   * Returns the notifications of messages. It closes those that say that nothing is new, because
   * the app says it better.
   */
  async #shown(): Promise<[Notification, Shown][]> {
    const shown: [Notification, Shown][] = [];
    for (const n of await (await this.registration()).getNotifications()) {
      const data = n.data as Shown | null;
      if (data?.channel) shown.push([n, data]);
      else if (n.tag === aboutNothing) n.close();
    }
    return shown;
  }
}

/** Shows a number at the icon of the app, where it is installed. */
function badge(unread: number): void {
  const n = navigator as Partial<Pick<Navigator, "setAppBadge" | "clearAppBadge">>;
  if (!n.setAppBadge) return;
  void (unread > 0 ? n.setAppBadge(unread) : n.clearAppBadge!()).catch(() => {});
}
