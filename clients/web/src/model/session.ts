import { effect } from "@preact/signals";
import { belonging } from "./belonging.ts";
import { Channels } from "./channels.ts";
import { Conversation } from "./conversation.ts";
import { Drafts } from "./drafts.ts";
import { InviteLinks } from "./invitelinks.ts";
import { LastVisit } from "./lastvisit.ts";
import type { Link } from "./link.ts";
import { Members } from "./members.ts";
import { noticePrefix, Notices, titleCounts } from "./notices.ts";
import { Outbox } from "./outbox.ts";
import { People } from "./people.ts";
import { PresenceWatch } from "./presence.ts";
import { notifyPrefix } from "./push/names.ts";
import { ReceiptPlaces } from "./receipts.ts";
import { Search } from "./search.ts";
import { device } from "./push/here.ts";
import { Settings } from "./settings.ts";
import { Tray } from "./tray.ts";
import { TypingWatch } from "./typing.ts";
import { Unseen, unseenName } from "./unseen.ts";
import type { Event, Message, Setting } from "./wire.ts";

const open = 6; // conversations that stay loaded after the user has left them

/** The prefix of the flags that mark a channel unread. */
export const unreadFlag = "client/unread/";

/**
 * What one signed-in user sees: all stores over one link. It begins when a user signs in, and ends
 * when they sign out.
 */
export class Session {
  readonly channels: Channels;
  readonly people: People;
  readonly members: Members;
  readonly presence: PresenceWatch;
  readonly typing: TypingWatch;
  readonly receipts: ReceiptPlaces;
  readonly drafts: Drafts;
  readonly outbox: Outbox;
  readonly tray: Tray;
  readonly settings: Settings;
  readonly search: Search;
  readonly notices: Notices;

  /** Functions that hear of each event of a channel, once the stores have it. */
  readonly listeners = new Set<(e: Event) => void>();

  readonly #unseen: Unseen;
  readonly #conversations = new Map<string, Conversation>();
  readonly #lastVisit: LastVisit;
  #shown = "";
  #begun = false;
  readonly #ends: (() => void)[] = [];

  constructor(readonly me: string, readonly link: Link) {
    this.channels = new Channels(me, link);
    this.people = new People(me, link);
    this.members = new Members(this.channels, link);
    this.presence = new PresenceWatch(link);
    this.typing = new TypingWatch(me, link);
    this.receipts = new ReceiptPlaces(me, link);
    this.drafts = new Drafts(me, link);
    this.outbox = new Outbox(me, link, (channel) => this.channels.of(channel).peek().seq);
    this.tray = new Tray(link, this.outbox);
    this.settings = new Settings(link);
    this.search = new Search(link);
    this.notices = new Notices(me, this.settings, this.channels, link);
    this.#unseen = new Unseen(me, this.presence, this.settings);
    this.#lastVisit = new LastVisit(this.channels, this.people);
    this.#ends.push(this.#onPage());
  }

  /** Begins to take what the server tells. ended is called if the user is signed out. */
  start(ended: (error: Error) => void): void {
    this.link.start({
      ended,
      connected: () => this.#connected(),
      reset: (channel) => this.#reset(channel),
      event: (e) => this.#receive(e),
      receipts: (f) => {
        this.receipts.receive(f);
        const own = f.cursors.find((c) => c.user === this.me)?.read;
        if (own) this.channels.read(f.channel, own);
      },
      presence: (users) => this.presence.receive(users),
      typing: (t) => this.typing.receive(t),
      profiles: (users) => this.people.receive(users),
      sent: (m) => this.outbox.changed(m),
    });
  }

  /** Returns a conversation. Those that the user left longest ago are let go. */
  conversation(id: string): Conversation {
    const known = this.#conversations.get(id) ?? new Conversation(id, this.me, this.link);
    this.#conversations.delete(id);
    this.#conversations.set(id, known);
    if (this.#conversations.size > open) this.#conversations.delete(this.#conversations.keys().next().value!);
    return known;
  }

  /** Says which channel is on screen; "" is none. */
  show(id: string): void {
    if (this.#shown === id) return;
    this.#shown = id;
    this.#watch();
  }

  /**
   * Opens a conversation at a message, or where the unread messages begin, or at the end. The
   * divider stays where it is while the user reads.
   */
  enter(id: string, seq?: number): void {
    this.conversation(id).landing.value = undefined;
    if (this.channels.of(id).peek().exists) return this.#open(id, seq);
    void this.channels.refresh(id).finally(() => this.#open(id, seq)); // after a link, only the server knows where the unread messages begin
  }

  #open(id: string, seq?: number): void {
    const c = this.conversation(id);
    const { known, unread, seq: newest } = this.channels.of(id).peek();
    const flag = Number(this.settings.of(unreadFlag + id).peek());
    const after = flag > 0 ? Math.min(flag - 1, known) : known;
    c.divider.value = unread > 0 || flag > 0 ? { after, count: Math.max(1, newest - after) } : undefined;
    if (flag > 0) this.settings.set(unreadFlag + id, "").catch(() => {}); // after a failure the channel only stays marked
    if (seq) return; // the screen jumps to it
    if (c.divider.peek()) void c.open({ at: "unread", known: after });
    else if (c.messages.peek().length > 0) c.reenter(c.spot);
    else void c.open({ at: "newest" });
  }

  /** Leaves a conversation. It stays loaded for a while. */
  leave(id: string): void {
    this.#conversations.get(id)?.rest();
    if (this.#shown === id) this.show("");
  }

  /** Returns the members of a channel, as far as they are known, by id and name. */
  membersOf(channel: string): { user: string; name: string }[] {
    const users = this.members.of(channel).value?.members ?? this.channels.get(channel)?.members ?? [];
    return users.map((user) => ({ user, name: this.people.name(user) }));
  }

  /** Says that a message was on screen, in a window that the user looks at. */
  read(channel: string, seq: number): void {
    if (seq <= (this.channels.get(channel)?.known ?? 0)) return;
    this.channels.read(channel, seq);
    this.link.read(channel, seq);
  }

  /**
   * Removes what this device keeps of the user, who signs out. The next user of the device could
   * read it.
   */
  forget(): void {
    this.#lastVisit.forget();
    this.drafts.forget();
    this.#unseen.forget();
    new InviteLinks(this.me).clear();
  }

  /** Takes a function that is called when the session ends. */
  ending(end: () => void): void {
    this.#ends.push(end);
  }

  async close(): Promise<void> {
    void this.drafts.flush();
    for (const end of this.#ends) end();
    this.drafts.close();
    this.people.close();
    this.#lastVisit.close();
    this.tray.close();
    this.notices.close();
    this.search.close();
    this.#unseen.close();
    this.typing.close();
    this.presence.close();
    await this.link.close();
  }

  /**
   * Reads everything with the first connection. Later connections go on where the one before ended.
   */
  #connected(): void {
    this.people.connected();
    if (!this.#begun) this.#begin();
    const shown = this.#conversations.get(this.#shown);
    if (shown?.failed.peek() !== undefined) shown.again();
    if (this.#shown) this.#askReceipts();
  }

  #begin(): void {
    this.#begun = true;
    const readAll = async () => {
      await this.channels.begin();
      this.outbox.settle();
      if (this.#shown) this.#askReceipts(); // the channel may not have been known before
      await Promise.all([this.drafts.begin(), ...[unreadFlag, noticePrefix, notifyPrefix, unseenName].map((prefix) => this.settings.read(prefix))]);
    };
    readAll().catch(() => (this.#begun = false)); // the next connection does it
  }

  /**
   * Reads again what is on the screen, because events were missed. The rest is read when it is next
   * shown.
   */
  #reset(channel: string | undefined): void {
    if (channel === undefined) this.#begin();
    else void this.channels.refresh(channel);
    for (const c of [...this.#conversations.values()]) {
      if (channel !== undefined && c.id !== channel) continue;
      if (c.id === this.#shown) c.again();
      else this.#conversations.delete(c.id);
    }
  }

  #receive(e: Event): void {
    if (e.channel.startsWith("~")) return this.#setting(e);
    const { known } = this.channels.of(e.channel).peek();
    this.channels.receive(e);
    this.tray.keep(e.content?.attachments ?? [], this.outbox.filesOf(e).map((f) => f.file));
    if (e.kind === "message" && e.channel === this.#shown && document.hidden) this.#divide(e, known);
    this.#conversations.get(e.channel)?.receive(e);
    this.members.receive(e);
    if (e.kind === "meta") this.#belong(e);
    if (e.channel === this.#shown && e.version === 1) this.#watch(); // the channel exists only now
    this.listeners.forEach((listen) => listen(e));
    if (e.kind !== "message") return;
    this.notices.receive(e as Message, e.channel === this.#shown && !document.hidden);
    this.typing.sent(e);
    this.outbox.receive(e);
  }

  /**
   * Lets go of what was loaded when the user leaves a channel, because it is stale once they are
   * back.
   */
  #belong(e: Event): void {
    const { channel } = e;
    const change = belonging(e, this.me);
    if (!change) return;
    this.members.forget(channel);
    this.receipts.forget(channel);
    const c = this.#conversations.get(channel);
    c?.end();
    if (channel !== this.#shown) return void this.#conversations.delete(channel);
    if (change === "ended") return;
    c?.again();
    void this.members.load(channel);
    this.#watch(); // the server watches only for members
  }

  /** Marks also what comes while the user does not look. */
  #divide(e: Event, known: number): void {
    const c = this.#conversations.get(e.channel);
    if (!c || e.sender === this.me || !e.seq) return;
    const after = c.divider.peek() && c.divider.peek()!.after >= known ? c.divider.peek()!.after : known;
    c.divider.value = { after, count: e.seq - after };
  }

  #setting(e: Event): void {
    if (e.kind === "profile") this.people.again(this.me); // another device has changed it
    if (e.kind !== "setting" || !e.setting) return;
    this.#apply(e.setting);
  }

  #apply(s: Setting): void {
    this.settings.receive(s);
    this.drafts.receive(s);
    const [kind, id = "", seq = ""] = s.name.split("/");
    if (kind === "mute") this.channels.change(id, { mute: s.value });
    if (kind === "top") this.channels.pin(id, s.value === "1");
    if (kind === "push" && !s.value && device.peek()?.id === id) void device.peek()?.look().catch(() => {}); // another device has removed this one
    if (kind === "hide" && s.value) this.#conversations.get(id)?.hide(Number(seq));
  }

  /** Asks for the news that the server tells only of channels on the screen. */
  #watch(): void {
    this.link.watch(this.#shown ? [this.#shown] : []);
    if (this.#shown) this.#askReceipts();
  }

  #askReceipts(): void {
    const id = this.#shown;
    if (this.channels.get(id)?.exists) this.receipts.ask(id).catch(() => {}); // asked again when it is next shown
  }

  /** Follows what happens to the page itself. */
  #onPage(): () => void {
    const hidden = () => {
      if (!document.hidden) return this.link.hurry();
      void this.drafts.flush();
    };
    const online = () => this.link.hurry();
    document.addEventListener("visibilitychange", hidden);
    addEventListener("online", online);
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, this.presence.active, { passive: true });
    this.presence.active();
    const title = effect(() => {
      const n = titleCounts(this.settings) ? this.channels.unread.value : 0;
      document.title = `${n ? `(${n > 99 ? "99+" : n}) ` : ""}Natterjack`;
    });
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("online", online);
      for (const kind of ["keydown", "pointerdown"]) removeEventListener(kind, this.presence.active);
      title();
      document.title = "Natterjack";
    };
  }
}
