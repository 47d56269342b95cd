import { signal, type Signal } from "@preact/signals";
import type { Channels } from "./channels.ts";
import type { Link } from "./link.ts";
import { isDirect, type Event, type Invite, type Role } from "./wire.ts";

/** The members of a channel, and what else the user may know of it. */
export interface Membership {
  members: readonly string[];
  owner?: string;
  admins: readonly string[];
  readers: readonly string[];
  requested: readonly string[];
  banned: readonly string[];
  invites: readonly Invite[];
}

const kept = 10; // channels whose members are remembered

/** Knows the members of the channels that were looked at last. */
export class Members {
  readonly #byChannel = new Map<string, Signal<Membership | undefined>>();
  readonly #loading = new Map<string, Promise<void>>();

  constructor(readonly channels: Channels, readonly link: Link) {}

  /**
   * Returns the members of a channel, for a component to follow; undefined until they are loaded.
   */
  of(channel: string): Signal<Membership | undefined> {
    const known = this.#byChannel.get(channel) ?? signal(undefined);
    this.#byChannel.delete(channel);
    this.#byChannel.set(channel, known);
    if (this.#byChannel.size > kept) this.#byChannel.delete(this.#byChannel.keys().next().value!);
    return known;
  }

  /** Reads the members of a channel if they are not known. */
  load(channel: string): Promise<void> {
    if (isDirect(channel) || this.of(channel).peek()) return Promise.resolve();
    return this.refresh(channel);
  }

  /** Reads the members of a channel anew. */
  refresh(channel: string): Promise<void> {
    let loading = this.#loading.get(channel);
    if (!loading) {
      loading = this.#read(channel).catch(() => {}).finally(() => this.#loading.delete(channel));
      this.#loading.set(channel, loading);
    }
    return loading;
  }

  /** Takes an event that may change which users are members. */
  receive(e: Event): void {
    if (e.kind === "meta" && this.#byChannel.get(e.channel)?.peek()) void this.refresh(e.channel);
  }

  /** Forgets the members of a channel, because the user is not told of changes. */
  forget(channel: string): void {
    const known = this.#byChannel.get(channel);
    if (known) known.value = undefined;
  }

  /** Returns the role of a member, as far as it is known. */
  roleOf(channel: string, user: string): Role {
    const m = this.#byChannel.get(channel)?.value;
    if (m?.owner === user) return "owner";
    if (m?.admins.includes(user)) return "admin";
    return m?.readers.includes(user) ? "reader" : "member";
  }

  async #read(channel: string): Promise<void> {
    const r = await this.link.request("get_channel", { channel });
    this.channels.put([r.channel]);
    this.of(channel).value = {
      members: r.channel.members ?? [], ...(r.owner && { owner: r.owner }), admins: r.admins ?? [],
      readers: r.readers ?? [], requested: r.requested ?? [], banned: r.banned ?? [], invites: r.invites ?? [],
    };
  }
}
