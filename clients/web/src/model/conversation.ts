import { batch, computed, signal, type Signal } from "@preact/signals";
import type { Spot } from "../ui/keeper.ts";
import { fold } from "./fold.ts";
import type { Link } from "./link.ts";
import { Quoted } from "./quoted.ts";
import { isDirect, type Event, type Message } from "./wire.ts";
import { cutBefore, within, type Happened } from "./within.ts";

const page = 50;
const atOnce = 25; // messages of a page that are drawn in one task, so that scrolling never waits for long
const most = 240; // messages that are held; those far away are let go and can be read again
const hole = 100; // messages that may be missing before a new one, and are read in between
const burst = 160; // messages that may come on top of these while the user reads further up

/** What is read around a place. */
interface Found {
  messages: readonly Message[];
  notes: readonly Happened[];
  start: boolean;
  end: boolean;
}

/** Where in the history a conversation begins. */
export type Place = { at: "newest" } | { at: "unread"; known: number } | { at: "message"; seq: number };

/** Where the screen goes. */
export type Landing = { at: "end" } | { at: "divider" } | { at: "message"; seq: number } | { at: "spot"; spot: Spot };

/**
 * The part of a channel's history that is loaded: an unbroken run of messages, which grows at both
 * ends as a person scrolls and lets go of what is far away.
 */
export class Conversation {
  /** Ascending by seq, without gaps but those of messages that the user has hidden. */
  readonly messages = signal<readonly Message[]>([]);
  /** Changes of the channel itself, and pins, between the messages. They ascend by version. */
  readonly notes = signal<readonly Happened[]>([]);
  /** How many pins have come or gone while this was open. */
  readonly pinned = signal(0);
  /** Whether the first message of the channel, or of what the user may see, is loaded. */
  readonly atStart = signal(false);
  /** Whether the newest message is loaded, so that the next one is put behind it. */
  readonly atEnd = signal(false);
  readonly loading = signal<"" | "older" | "newer" | "all">("");
  /** The error with which the last read was refused. */
  readonly failed = signal<unknown>(undefined);
  /**
   * Where the screen goes, each time a new object. It is undefined until that is known for a user
   * who comes.
   */
  readonly landing = signal<Landing | undefined>(undefined);
  /** The message that a link or a jump has led to. */
  readonly here = signal(0);
  /**
   * Where the unread messages began when the conversation was opened; it stays while the user
   * reads.
   */
  readonly divider = signal<{ after: number; count: number } | undefined>(undefined);
  readonly empty = computed(() => this.atStart.value && this.atEnd.value && this.messages.value.length === 0);

  /** Whether the end is on screen. Messages further up may then be let go. */
  following = true;
  /** Where the user was reading when they left. */
  spot: Spot | undefined;
  readonly #quoted: Quoted;
  #generation = 0;
  #missed: Event[] = []; // events that came while a page of the log was being read

  constructor(readonly id: string, readonly me: string, readonly link: Link) {
    this.#quoted = new Quoted(id, me, link);
  }

  /** Reads the history around a place. The messages that were loaded are let go. */
  async open(place: Place): Promise<void> {
    const generation = ++this.#generation;
    this.loading.value = "all";
    this.failed.value = undefined;
    this.#missed = [];
    try {
      const found = await this.#around(place);
      if (generation !== this.#generation) return;
      batch(() => {
        this.#quoted.clear(); // the quotes may have missed as much as the messages
        this.messages.value = found.messages;
        this.atStart.value = found.start;
        this.atEnd.value = found.end;
        this.notes.value = [];
        this.#note(found.notes);
        this.#land(place);
        this.#catchUp();
      });
    } catch (error) {
      if (generation === this.#generation) this.#refused(error);
    } finally {
      if (generation === this.#generation) this.loading.value = "";
    }
  }

  /**
   * Takes note of a refusal. A direct channel that the server refuses has no message yet, and is
   * shown as empty.
   */
  #refused(error: unknown): void {
    this.landing.value ??= { at: "end" };
    if ((error as { code?: string }).code !== "forbidden" || !isDirect(this.id)) {
      this.failed.value = error;
      return;
    }
    batch(() => {
      this.messages.value = this.notes.value = [];
      this.atStart.value = true;
      this.atEnd.value = true;
      this.#catchUp();
    });
  }

  /** Reads the page before the first message. */
  older(): Promise<void> {
    return this.#grow("older", this.atStart.peek(), async () => {
      const first = this.messages.peek()[0]?.seq ?? 1;
      const { messages, notes, more } = await this.#read({ before: first });
      let reached = first;
      const oldest = messages[0]?.seq ?? first;
      const steps = inParts(messages, true).map((part) => () => {
        if (!this.#prepend(part, reached)) return;
        reached = part[0]!.seq;
        this.#note(notes);
      });
      return [...steps, () => {
        if (reached === oldest) this.atStart.value = !more;
        this.#note(notes);
      }];
    });
  }

  /** Reads the page behind the last message. */
  newer(): Promise<void> {
    return this.#grow("newer", this.atEnd.peek(), async () => {
      const last = this.messages.peek().at(-1)?.seq ?? 0;
      const { messages, notes, more } = await this.#read({ after: last });
      const steps = inParts(messages).map((part) => () => {
        this.#append(part, most);
        this.#note(notes);
      });
      return [...steps, () => {
        this.atEnd.value = !more;
        this.#note(notes);
      }];
    });
  }

  /** Lets go of everything, because the user is not a member now and does not see new messages. */
  end(): void {
    this.#generation++;
    this.#missed = [];
    this.#quoted.clear();
    batch(() => {
      this.messages.value = this.notes.value = [];
      this.atStart.value = this.atEnd.value = false;
      this.divider.value = undefined;
      this.loading.value = "";
      this.failed.value = { code: "forbidden" };
    });
  }

  /** Goes to a message, which may already be loaded. */
  async jump(seq: number): Promise<void> {
    if (this.messages.peek().some((m) => m.seq === seq)) this.#land({ at: "message", seq });
    else await this.open({ at: "message", seq });
  }

  /** Goes to the newest message. */
  async newest(): Promise<void> {
    if (!this.atEnd.peek()) await this.open({ at: "newest" });
    else this.#land({ at: "newest" });
  }

  /** Reads again what is loaded, because something may have been missed. */
  again(): void {
    const all = this.messages.peek();
    const middle = all[Math.min(all.length - 1, page / 2)];
    if (!middle || this.following) void this.open({ at: "newest" });
    else void this.open({ at: "message", seq: middle.seq });
  }

  /** Lets go of what is far from the end, because the user leaves and has the end on the screen. */
  rest(): void {
    const all = this.messages.peek();
    if (!this.following || !this.atEnd.peek() || this.loading.peek() !== "" || all.length <= page) return;
    batch(() => {
      this.messages.value = all.slice(-page);
      this.atStart.value = false;
      this.#note();
    });
  }

  /** Comes back to a conversation that is still loaded. */
  reenter(spot: Spot | undefined): void {
    this.landing.value = spot ? { at: "spot", spot } : { at: "end" };
  }

  /**
   * Returns a message that is quoted, for a component to follow. It is read if it is not loaded.
   */
  quoted(seq: number): Signal<Message | undefined> {
    return this.#quoted.of(seq);
  }

  /** Takes an event of this channel. */
  receive(e: Event): void {
    if (this.loading.peek()) this.#missed.push(e);
    this.#apply(e);
  }

  /**
   * Applies the events that came while a page was read, because the page may be older. Events that
   * the page has already change nothing.
   */
  #catchUp(): void {
    for (const e of this.#missed.splice(0)) this.#apply(e);
  }

  #apply(e: Event): void {
    if (e.kind === "message") this.#message(e as Message);
    else if (e.kind === "meta") this.#note([e]);
    else if (e.target) this.#change(e);
  }

  /** Leaves a message out, because the user has hidden it. */
  hide(seq: number): void {
    this.#quoted.forget(seq);
    this.messages.value = this.messages.peek().filter((m) => m.seq !== seq);
  }

  #land(place: Place): void {
    this.here.value = place.at === "message" ? place.seq : 0;
    this.landing.value = place.at === "message" ? place : { at: place.at === "unread" ? "divider" : "end" };
  }

  #message(m: Message): void {
    if (!this.atEnd.peek()) return;
    const all = this.messages.peek();
    const last = all.at(-1)?.seq ?? 0;
    if (m.seq <= last) return;
    if (!this.following && all.length >= most + burst) {
      this.atEnd.value = false; // the message is read again once the user scrolls there
      return;
    }
    const missing = all.length > 0 ? m.seq - last - 1 : 0;
    if (missing > hole) return this.#broken();
    this.#append([m], this.following ? most : most + burst);
    if (missing > 0) void this.#fill(last, m.seq);
  }

  /**
   * Takes note that many messages are missing before the newest one. They are read when they are
   * needed.
   */
  #broken(): void {
    this.atEnd.value = false;
    this.#note();
    if (this.following && this.loading.peek() !== "all") this.again();
  }

  /**
   * Reads the messages that are missing between two others. After a resume, deleted messages do not
   * come as events, but pages of the log have them.
   */
  async #fill(after: number, before: number): Promise<void> {
    if (this.loading.peek() === "all") return; // everything is read anew
    const generation = this.#generation;
    try {
      const missing = await this.#between(after, before);
      if (generation !== this.#generation) return;
      const known = new Set(this.messages.peek().map((m) => m.seq));
      this.messages.value = [...this.messages.peek(), ...missing.filter((m) => !known.has(m.seq))].sort((a, b) => a.seq - b.seq);
    } catch {
      if (generation !== this.#generation) return;
      batch(() => { // what is loaded must have no holes; the rest is read later
        this.messages.value = this.messages.peek().filter((m) => m.seq <= after);
        this.atEnd.value = false;
        this.#note();
      });
    }
  }

  /** Reads the messages between two others. A page may hold fewer than were asked for. */
  async #between(after: number, before: number): Promise<Message[]> {
    const found: Message[] = [];
    for (let at = after; at < before - 1;) {
      const { events, more } = await this.link.request("history", { channel: this.id, after: at, limit: before - at - 1 });
      found.push(...(events as Message[]).filter((m) => m.seq < before));
      if (!more || events.length === 0) break;
      at = (events as Message[]).at(-1)!.seq;
    }
    return found;
  }

  #change(e: Event): void {
    const all = this.messages.peek();
    const i = all.findIndex((m) => m.seq === e.target);
    if (e.kind === "pin") this.#pin(e);
    this.#quoted.receive(e);
    if (i < 0) return;
    const next = fold(all[i]!, e, this.me);
    if (next !== all[i]) this.messages.value = all.with(i, next);
  }

  #pin(e: Event): void {
    this.pinned.value++;
    this.#note([e]);
  }

  /** Keeps the changes that lie between the loaded messages, each once, and lets go of the rest. */
  #note(more: readonly Happened[] = []): void {
    const now = this.notes.peek();
    const ends = { start: this.atStart.peek(), end: this.atEnd.peek() };
    const next = within(this.messages.peek(), ends, now, more);
    if (next.length !== now.length || next.some((e, i) => e !== now[i])) this.notes.value = next;
  }

  /**
   * Puts messages before a message, if that is still the first one. Messages that came meanwhile
   * may have pushed it out.
   */
  #prepend(added: readonly Message[], before: number): boolean {
    const now = this.messages.peek();
    if ((now[0]?.seq ?? before) !== before) return false;
    if (added.length + now.length > most) this.atEnd.value = false;
    this.messages.value = [...added, ...now].slice(0, most);
    this.#note();
    return true;
  }

  #append(added: readonly Message[], bound: number): void {
    const all = [...this.messages.peek(), ...added];
    if (all.length > bound) {
      this.atStart.value = false;
      this.messages.value = all.slice(-bound);
      this.#note();
    } else this.messages.value = all;
  }

  /** Reads a page, and applies it in steps. Each step leaves an unbroken run of messages. */
  async #grow(end: "older" | "newer", there: boolean, read: () => Promise<(() => void)[]>): Promise<void> {
    if (there || this.loading.peek() !== "") return;
    const generation = this.#generation;
    this.loading.value = end;
    this.#missed = [];
    this.failed.value = undefined;
    try {
      const steps = await read();
      const last = steps.pop()!;
      for (const step of steps) {
        if (generation !== this.#generation) return;
        batch(step);
        await nextTask();
      }
      if (generation !== this.#generation) return;
      batch(() => {
        last();
        this.#catchUp();
      });
    } catch (error) {
      if (generation === this.#generation) this.failed.value = error;
    } finally {
      if (generation === this.#generation) this.loading.value = "";
    }
  }

  async #around(place: Place): Promise<Found> {
    if (place.at === "newest") {
      const { messages, notes, more } = await this.#read({});
      return { messages, notes, start: !more, end: true };
    }
    const middle = place.at === "unread" ? place.known + 1 : place.seq;
    if (middle <= 1) return await this.#first();
    const [before, after] = await Promise.all([this.#read({ before: middle, limit: page / 2 }), this.#read({ after: middle - 1 })]);
    return {
      messages: [...before.messages, ...after.messages],
      notes: [...before.notes, ...after.notes],
      start: !before.more,
      end: !after.more,
    };
  }

  async #first(): Promise<Found> {
    const { messages, notes } = await this.#read({ before: page + 1 });
    return { messages, notes, start: true, end: messages.length === 0 };
  }

  /** Reads a page with what happened between its messages. */
  async #read(place: { before?: number; after?: number; limit?: number }): Promise<{ messages: Message[]; notes: readonly Happened[]; more: boolean }> {
    const { events, changes = [], more, more_changes: cut } = await this.link.request("history", { channel: this.id, limit: page, ...place, changes: true });
    return { messages: events as Message[], notes: cut ? cutBefore(changes) : changes, more };
  }
}

/**
 * Cuts a page into the parts that are drawn in one task each, in the order in which they are added.
 */
function inParts(page: readonly Message[], fromEnd = false): (readonly Message[])[] {
  const parts = [];
  for (let i = 0; i < page.length; i += atOnce) {
    parts.push(fromEnd ? page.slice(Math.max(0, page.length - i - atOnce), page.length - i) : page.slice(i, i + atOnce));
  }
  return parts;
}

const nextTask = (): Promise<void> => new Promise((go) => setTimeout(go));
