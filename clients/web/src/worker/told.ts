import type { Owner } from "../model/push/owner.ts";
import { payloadOf, type Payload } from "../model/push/payload.ts";
import type { Shown } from "../model/push/talk.ts";
import { done, signedOut, type Server } from "./server.ts";
import { wordsIn, type Words } from "./words.ts";
import type { Windows } from "./windows.ts";
import { within, type World } from "./world.ts";

const patience = 2500; // milliseconds for all questions before something is shown
const aWhile = 6000; // milliseconds for which a notification says that nothing is new
const most = 10; // channels that are asked about

/** The tags of notifications that are about no channel. */
export const tags = { general: "natterjack", test: "natterjack-test", quiet: "natterjack-quiet" } as const;

/** Options that browsers know and TypeScript does not. */
type Options = NotificationOptions & { renotify?: boolean; actions?: { action: string; title: string; type?: string; placeholder?: string }[] };

/**
 * Shows what a push says. Something is shown for every push, whatever happens, because a browser
 * takes the subscription away from a worker that shows nothing.
 */
export class Telling {
  constructor(readonly world: World, readonly server: Server, readonly windows: Windows) {}

  async push(text: string | undefined): Promise<void> {
    const found = await within(patience, this.world.owners.get().then((owner) => ({ owner }))).catch(() => undefined);
    const w = this.#words(found?.owner);
    if (!found) return await this.say(w.general, w.open, tags.general); // storage fails, so the worker does not know the user
    const { owner } = found;
    if (!owner) return await this.#signedOut(w);
    const said = payloadOf(text);
    const shown = await this.#notifications();
    const channels = [...new Set([...(said?.channel ? [said.channel] : []), ...shown.map((n) => dataOf(n)?.channel ?? "")])].filter(Boolean).slice(0, most);
    let read: ReadonlyMap<string, number> | undefined;
    try {
      read = await within(patience, this.#read(owner, channels));
    } catch (error) {
      if (signedOut(error) && (await this.#leave(owner))) return await this.#signedOut(w); // the user has signed out on another device
    }
    const standing = this.#withdraw(shown, read ?? new Map());
    if (said?.channel && (read?.get(said.channel) ?? 0) >= said.seq) return await this.#nothingNew(standing, w);
    await this.#show(owner, said, w);
    if (said?.kind !== "test") this.badge(said?.badge);
  }

  /** Shows how many messages the user has not read, where the system can. */
  badge(unread: number | undefined): void {
    const { navigator } = this.world.scope as unknown as { navigator: Partial<Pick<Navigator, "setAppBadge" | "clearAppBadge">> };
    if (unread === undefined || !navigator.setAppBadge) return;
    void (unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge!()).catch(() => {});
  }

  /** Shows something that the worker says by itself. With a path, a press on it leads there. */
  async say(title: string, body: string, tag: string, shown?: Shown): Promise<void> {
    await this.#put(title, { body, tag, ...(shown && { data: { ...shown, title, body } satisfies Shown }) });
  }

  /** Returns how far the user has read, as far as it can be found out now. */
  async #read(owner: Owner, channels: readonly string[]): Promise<Map<string, number>> {
    const read = new Map<string, number>();
    if (channels.length === 0) return read;
    for (const { known } of await this.windows.of(owner.user, channels)) {
      if (!known.online) continue;
      for (const [channel, seq] of Object.entries(known.read)) read.set(channel, Math.max(seq, read.get(channel) ?? 0));
      if (channels.every((c) => read.has(c))) return read;
    }
    const unknown = channels.filter((c) => !read.has(c));
    const replies = await this.server.give(owner, unknown.map((channel) => ({ type: "get_channel", channel })), patience).catch((error: unknown) => {
      if (signedOut(error)) throw error;
      return [];
    });
    replies.forEach((r, i) => {
      const { seq, unread } = (r["channel"] ?? {}) as { seq?: number; unread?: number };
      if (done(r)) read.set(unknown[i]!, (seq ?? 0) - (unread ?? 0));
      else if (r.code === "forbidden") read.set(unknown[i]!, Infinity); // the user is not a member now
    });
    return read;
  }

  /**
   * Closes the notifications of messages that were read, and those that say that nothing is new. It
   * returns the others.
   */
  #withdraw(shown: readonly Notification[], read: ReadonlyMap<string, number>): Notification[] {
    return shown.filter((n) => {
      const data = dataOf(n);
      const over = n.tag === tags.quiet || (data?.channel && (read.get(data.channel) ?? 0) >= data.seq);
      if (over) n.close();
      return !over;
    });
  }

  /**
   * Shows something although the message of the push was read already. It shows a notification
   * again that is on the screen, without a sound. If there is none, it says that nothing is new.
   */
  async #nothingNew(standing: readonly Notification[], w: Words): Promise<void> {
    const again = standing.findLast((n) => dataOf(n)?.channel);
    const data = again && dataOf(again);
    if (data) return await this.#put(data.title, { ...this.#optionsOf(data, w), renotify: false, silent: true });
    await this.#put(w.read, { body: w.readMore, tag: tags.quiet, silent: true });
    // This happens after the push, because a browser checks at the end of a push whether something
    // is shown.
    setTimeout(() => void this.#notifications(tags.quiet).then((all) => all.forEach((n) => n.close())), aWhile);
  }

  async #show(owner: Owner, said: Payload | undefined, w: Words): Promise<void> {
    const { kind = "", channel = "", seq = 0 } = said ?? {};
    const [title, body] = textsOf(said, w);
    const data: Shown = { user: owner.user, kind, channel, seq, title, body };
    if (kind === "test") return await this.#put(title, { body, tag: tags.test, renotify: true, data });
    await this.#put(title, channel ? this.#optionsOf(data, w) : { body, tag: tags.general, data });
  }

  /**
   * Returns how a message is shown. A channel has one notification. Only a mention makes it ring
   * again.
   */
  #optionsOf(data: Shown, w: Words): Options {
    return {
      body: data.body, tag: data.channel, renotify: data.kind === "mention", data,
      actions: [{ action: "reply", type: "text", title: w.reply, placeholder: w.replyHint }, { action: "read", title: w.markRead }],
    };
  }

  async #put(title: string, options: Options): Promise<void> {
    await this.world.scope.registration.showNotification(title, { icon: "/app/icon-192.png", badge: "/app/badge-96.png", dir: "auto", ...options } as NotificationOptions);
  }

  /**
   * Forgets the user who gets notifications here, unless they are back meanwhile. It reports
   * whether it did.
   */
  async #leave({ token }: Owner): Promise<boolean> {
    const { owners } = this.world;
    if ((await owners.get().catch(() => undefined))?.token !== token) return false;
    return await owners.remove().then(() => true, () => false);
  }

  /**
   * Says that the user is signed out. It shows nothing of the message, because another person may
   * look at the device now.
   */
  async #signedOut(w: Words): Promise<void> {
    await this.#put(w.signedOut, { body: w.signedOutMore, tag: tags.general, silent: true });
    for (const n of await this.#notifications()) if (n.tag !== tags.general) n.close();
    this.badge(0);
    const { pushManager } = this.world.scope.registration;
    await pushManager.getSubscription().then((s) => s?.unsubscribe()).catch(() => {});
  }

  async #notifications(tag?: string): Promise<Notification[]> {
    return [...(await this.world.scope.registration.getNotifications(tag ? { tag } : {}).catch(() => []))];
  }

  #words(owner: Owner | undefined): Words {
    return wordsIn(owner?.language, this.world.scope.navigator.languages);
  }
}

/** Returns what a notification is about, as the worker has noted it. */
export const dataOf = (n: Notification): Shown | undefined => (n.data ?? undefined) as Shown | undefined;

/**
 * Returns the texts that are shown for a push. For a push without texts, they say no more than is
 * known.
 */
function textsOf(said: Payload | undefined, w: Words): [title: string, body: string] {
  if (said?.title) return [said.title, said.body];
  switch (said?.kind) {
    case "message":
      return [w.message, w.open];
    case "mention":
      return [w.mention, w.open];
    case "test":
      return [w.tested, w.testedMore];
    default:
      return [w.general, w.open];
  }
}
