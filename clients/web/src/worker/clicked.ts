import type { Owner } from "../model/push/owner.ts";
import { toldHash, type Shown } from "../model/push/talk.ts";
import { done, type Reply, type Server } from "./server.ts";
import { dataOf, tags, type Telling } from "./told.ts";
import type { Windows } from "./windows.ts";
import { wordsIn, type Words } from "./words.ts";
import type { World } from "./world.ts";

const patience = 15_000; // milliseconds for the server
const listed = 100; // channels whose unread messages the badge counts

/** Does what a person wants when they press a notification, or a button of it. */
export class Clicks {
  constructor(readonly world: World, readonly server: Server, readonly windows: Windows, readonly telling: Telling) {}

  async click(n: Notification, action: string, reply: string | null | undefined): Promise<void> {
    n.close();
    const shown = dataOf(n);
    const text = reply?.trim();
    let owner: Owner | undefined;
    try {
      owner = await this.world.owners.get();
    } catch {
      if (action === "reply" && text) return await this.#lost(this.#words(undefined), text, shown);
    }
    // Without an owner, or with another one, the user of the notification has signed out.
    if (!shown || owner?.user !== shown.user) return await this.windows.open(undefined, "/");
    if (action === "read" && shown.channel) return await this.#markRead(owner, shown);
    if (action === "reply" && text) return await this.#reply(owner, shown, text);
    await this.windows.open(owner.user, pathOf(shown), toldHash);
  }

  async #markRead(owner: Owner, shown: Shown): Promise<void> {
    const replies = await this.server.give(owner, [read(shown), unread], patience).catch(() => []);
    const w = this.#words(owner);
    if (!done(replies[0])) return await this.telling.say(w.notMarked, w.openAgain, shown.channel, shown);
    this.#badge(replies[1]);
  }

  /**
   * Sends a reply. The reply is kept first, as in the app. If it cannot be sent now, it goes out
   * when the app is next opened. It has one client id, so it is stored once, however often it is
   * sent.
   */
  async #reply(owner: Owner, shown: Shown, text: string): Promise<void> {
    const clientID = crypto.randomUUID();
    const forget = await this.world.outbox.keep(owner.user, shown.channel, text, clientID).catch(() => undefined);
    const send = { type: "send", channel: shown.channel, client_id: clientID, content: { text } };
    const replies = await this.server.give(owner, [read(shown), send, unread], patience).catch(() => []);
    if (done(replies[1])) {
      await forget?.().catch(() => {}); // a reply that is sent again is stored once all the same
      return this.#badge(replies[2]);
    }
    const w = this.#words(owner);
    if (forget) await this.telling.say(w.replyKept, w.replyKeptMore, shown.channel, shown);
    else await this.#lost(w, text, shown);
  }

  /** Shows a reply that can be neither kept nor sent, so that it can be written again. */
  async #lost(w: Words, text: string, shown: Shown | undefined): Promise<void> {
    await this.telling.say(w.replyLost, text, tags.general, shown);
  }

  #badge(reply: Reply | undefined): void {
    if (!done(reply)) return;
    const channels = reply!["channels"] as { unread: number; mute?: string }[];
    const muted = (until: string | undefined) => until !== undefined && until !== "" && (until === "0" || Number(until) > Date.now());
    this.telling.badge(channels.reduce((sum, c) => sum + (muted(c.mute) ? 0 : c.unread), 0));
  }

  #words(owner: Owner | undefined): Words {
    return wordsIn(owner?.language, this.world.scope.navigator.languages);
  }
}

const read = ({ channel, seq }: Shown) => ({ type: "read", channel, seq });
const unread = { type: "list_channels", limit: listed };

/** Returns where a notification leads. */
function pathOf({ kind, channel, seq }: Shown): string {
  if (channel) return `/c/${channel}${seq ? `/${seq}` : ""}`;
  return kind === "test" ? "/settings/notifications" : "/";
}
