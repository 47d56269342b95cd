import { batch, signal, type Signal } from "@preact/signals";
import { belonging } from "./belonging.ts";
import { fold } from "./fold.ts";
import type { Link } from "./link.ts";
import { isDirect, partnerIn, type ChannelInfo, type Event, type Message } from "./wire.ts";

/** A channel as this device knows it. It is never changed in place. */
export interface Channel extends ChannelInfo {
  /**
   * Seq of the last message that the user knows: they have read or sent it, or it is from before
   * they came.
   */
  known: number;
  /** False for a direct channel without any message yet. */
  exists: boolean;
}

const page = 50;
const most = 5000; // channels in the list; a person finds further ones by their names or by search

/**
 * The list of channels, the most recently active first. It begins with one page, however many
 * channels there are, and grows as a person scrolls.
 */
export class Channels {
  /** Ids in the order of the list. */
  readonly order = signal<readonly string[]>([]);
  /** Whether there are further channels behind the last one. */
  readonly more = signal(true);
  /** Whether the first page is there, from the server or from the last visit. */
  readonly ready = signal(false);
  /** How many channels that are not muted have unread messages. */
  readonly unread = signal(0);
  /**
   * Changes when the user may have read something, here or on another device, or has something new
   * to read.
   */
  readonly changes = signal(0);

  readonly #byId = new Map<string, Signal<Channel>>();
  #further: { active: number; id: string } | undefined;
  #loading: Promise<void> | undefined;
  #generation = 0;

  constructor(readonly me: string, readonly link: Link) {}

  /** Returns a channel, or undefined if this device does not know it. */
  get(id: string): Channel | undefined {
    return this.#byId.get(id)?.value;
  }

  /** Returns a channel for a component to follow. A direct channel need not be created first. */
  of(id: string): Signal<Channel> {
    let known = this.#byId.get(id);
    if (!known) {
      known = signal(nobodyWrote(id));
      this.#byId.set(id, known);
    }
    return known;
  }

  /** Returns all channels that the list has. */
  listed(): Channel[] {
    return this.order.value.map((id) => this.of(id).value);
  }

  /** Reads the first page anew: at the start, and after events were missed. */
  async begin(): Promise<void> {
    this.#generation++;
    this.#loading = undefined;
    this.#further = undefined;
    await this.#load(true);
    await this.#loadPinned();
  }

  /** Reads the page behind the last channel. */
  loadMore(): Promise<void> {
    if (!this.more.peek() || this.order.peek().length >= most) return Promise.resolve();
    this.#loading ??= this.#load(false).finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  /** Reads one channel anew. It is forgotten if the server does not know it. */
  async refresh(id: string): Promise<void> {
    try {
      const { channel } = await this.link.request("get_channel", { channel: id });
      this.put([channel]);
    } catch (error) {
      if ((error as { code?: string }).code === "forbidden" && !isDirect(id)) this.forget(id);
    }
  }

  /** Takes what the server says of channels. */
  put(infos: readonly ChannelInfo[]): void {
    batch(() => {
      for (const info of infos) this.#keep(info.id, merged(this.#byId.get(info.id)?.peek(), info));
      this.#count();
      this.#sort();
    });
  }

  /** Shows what was listed at the last visit, until the server has answered. */
  showLastVisit(infos: readonly ChannelInfo[]): void {
    this.put(infos);
    this.ready.value = true;
  }

  /** Changes what is known of a channel, if it is known. */
  change(id: string, part: Partial<Channel>): void {
    const known = this.#byId.get(id)?.peek();
    if (known) this.#set(id, { ...known, ...part });
  }

  /** Puts a channel at the top, or takes it from there. */
  pin(id: string, top: boolean): void {
    if (this.#byId.get(id)?.peek().exists) this.change(id, { top });
    else if (top) void this.refresh(id);
  }

  forget(id: string): void {
    this.#byId.delete(id);
    this.order.value = this.order.peek().filter((o) => o !== id);
    this.#count();
  }

  /** Takes an event of a channel. */
  receive(e: Event): void {
    if (e.kind === "message") return this.#message(e as Message);
    if (e.kind === "meta") return this.#meta(e);
    const c = this.#byId.get(e.channel)?.peek();
    if (c?.last && e.target === c.last.seq) {
      this.change(e.channel, { last: fold(c.last as Message, e, this.me) });
    }
  }

  /** Takes how far the user has read, here or on another device. */
  read(id: string, seq: number): void {
    const c = this.#byId.get(id)?.peek();
    if (!c || seq <= c.known) return;
    const known = Math.min(seq, c.seq);
    const mentions = known >= c.seq ? 0 : (c.mentions ?? 0);
    this.#set(id, { ...c, known, unread: Math.max(0, c.seq - known), mentions });
    if (mentions > 0) void this.refresh(id); // only the server knows which of them were read
  }

  #message(m: Message): void {
    const before = this.#byId.get(m.channel)?.peek();
    if (before && m.seq <= before.seq) return; // a page of the log was ahead of its event
    if (!before?.exists && !isDirect(m.channel)) void this.refresh(m.channel);
    const c = before ?? nobodyWrote(m.channel);
    const known = m.sender === this.me ? m.seq : before?.exists ? c.known : m.seq - 1;
    const mentioned = m.sender !== this.me && mentions(m, this.me);
    batch(() => {
      this.#set(m.channel, {
        ...c,
        exists: true,
        seq: m.seq,
        active: m.timestamp,
        last: m,
        known,
        unread: m.seq - known,
        mentions: m.sender === this.me ? 0 : (c.mentions ?? 0) + (mentioned ? 1 : 0),
      });
      this.#sort();
    });
  }

  #meta(e: Event): void {
    if (belonging(e, this.me) === "ended") return this.forget(e.channel);
    void this.refresh(e.channel);
  }

  async #load(first: boolean): Promise<void> {
    const generation = this.#generation;
    const before = first ? undefined : this.#further;
    const reply = await this.link.request("list_channels", { limit: page, ...(before && { before }) });
    if (generation !== this.#generation) return;
    const last = reply.channels.at(-1);
    this.#further = last && { active: last.active, id: last.id };
    batch(() => {
      if (first) this.#keepOnly(reply.channels, reply.more);
      this.put(reply.channels);
      this.more.value = reply.more;
      this.ready.value = true;
    });
  }

  /** Forgets the channels that the first page would list and does not. */
  #keepOnly(infos: readonly ChannelInfo[], more: boolean): void {
    const listed = new Set(infos.map((i) => i.id));
    const oldest = more ? (infos.at(-1)?.active ?? 0) : -Infinity;
    for (const [id, c] of this.#byId) {
      if (listed.has(id) || !c.peek().exists) continue;
      if (c.peek().active >= oldest || !more) this.#byId.delete(id);
    }
    this.order.value = this.order.peek().filter((id) => this.#byId.has(id));
  }

  /** Reads the pinned channels. They stand at the top even if their last message is old. */
  async #loadPinned(): Promise<void> {
    const { settings } = await this.link.request("get_settings", { prefix: "top/" });
    const missing = settings.map((s) => s.name.slice("top/".length)).filter((id) => !this.#byId.get(id)?.peek().exists);
    await Promise.all(missing.slice(0, page).map((id) => this.refresh(id)));
  }

  #set(id: string, c: Channel): void {
    this.#keep(id, c);
    this.#count();
  }

  #keep(id: string, c: Channel): void {
    const known = this.#byId.get(id);
    if (known) known.value = c;
    else this.#byId.set(id, signal(c));
  }

  #count(): void {
    let n = 0;
    for (const c of this.#byId.values()) {
      const { unread, exists } = c.peek();
      if (exists && unread > 0 && !muted(c.peek())) n++;
    }
    this.unread.value = n;
    this.changes.value = this.changes.peek() + 1;
  }

  #sort(): void {
    const all: Channel[] = [];
    for (const c of this.#byId.values()) if (c.peek().exists) all.push(c.peek());
    all.sort((a, b) => b.active - a.active || (a.id < b.id ? -1 : 1));
    const next = all.map((c) => c.id);
    const now = this.order.peek();
    if (next.length !== now.length || next.some((id, i) => id !== now[i])) this.order.value = next;
  }
}

/** Tells whether a channel is muted now. */
export function muted(c: Channel, now = Date.now()): boolean {
  if (!c.mute) return false;
  const until = Number(c.mute);
  return until === 0 || until > now;
}

/** Tells whether a message mentions a user, or everybody. */
export function mentions(m: Message, user: string): boolean {
  return m.content?.mentions?.some((x) => x.kind !== "user" || x.user === user) ?? false;
}

/** Returns a channel of which the server has told nothing. */
function nobodyWrote(id: string): Channel {
  const direct = isDirect(id);
  return {
    id, kind: direct ? "direct" : "group", member_count: direct ? 2 : 0, seq: 0, active: 0, unread: 0,
    ...(direct && { members: [...new Set(id.split("~"))] }),
    known: 0, exists: false,
  };
}

/** Joins what the server tells of a channel with what events have told. Numbers never go back. */
function merged(before: Channel | undefined, info: ChannelInfo): Channel {
  const known = Math.max(info.seq - info.unread, before?.known ?? 0);
  if (!before?.exists || before.seq <= info.seq) {
    return { ...info, known: Math.min(known, info.seq), unread: Math.max(0, info.seq - known), exists: true };
  }
  const { seq, active, last, mentions = 0 } = before; // the answer is older than an event
  return { ...info, seq, active, ...(last && { last }), known, unread: Math.max(0, seq - known), mentions, exists: true };
}

/** Returns whose face a channel has: the partner's, or its own. */
export function faceOf(c: Channel, me: string): string {
  return partnerIn(c.id, me) ?? c.id;
}
