import { signal } from "@preact/signals";
import { IndexedDBStorage, keepMessage, newClientID, wire, type OperationName, type OutgoingFile, type Params, type Position, type Reply, type TokenSource, type UploadOptions } from "natterjack";
import { databaseOf } from "./database.ts";
import type { DirectLink } from "./direct.ts";
import { directLink } from "./directlazy.ts";
import type { Asking, Link, LinkState, Listener } from "./link.ts";
import { TabPulse } from "./tabpulse.ts";
import { apply, joined, perform, type Asked, type News, type Progress, type Standing, type Talk, type Told } from "./tabtalk.ts";

/** A question that is not answered yet. */
interface Open {
  what: Asked;
  args: unknown[];
  progress?: Progress | undefined;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/**
 * The way to the server through one connection for all tabs of a user. One tab leads: it holds the
 * connection, and a lock of the browser. When the leader goes, the next tab goes on where it was.
 * When the browser freezes the leader, a visible tab takes its lock.
 */
export class TabLink implements Link {
  readonly state = signal<LinkState>({ online: false, lostAt: Date.now(), nextTry: 0, session: "", limits: wire.defaultLimits });
  /** Whether this tab leads: it alone makes sounds and notifications. */
  readonly leads = signal(false);

  readonly #user: string;
  readonly #token: TokenSource;
  readonly #storage: IndexedDBStorage; // the client of the leader has the same storage
  readonly #tab = newClientID();
  readonly #talk: BroadcastChannel;
  readonly #closing = new AbortController();
  readonly #pulse = new TabPulse(() => this.#say({ kind: "ping" }), () => this.#takeOver());
  #able: typeof DirectLink | undefined; // the part that holds a connection, once it is loaded
  #queued: AbortController | undefined; // while this tab waits to lead
  #leader = ""; // the tab that leads, as far as this one knows
  #since = 0; // when that tab began to lead
  #listener: Listener | undefined;
  #direct: DirectLink | undefined; // while this tab leads
  #at: Position | undefined; // behind the last event that this tab has taken
  #ids = 0;
  #read = false; // whether this tab has read what the server has
  readonly #open = new Map<number, Open>();
  readonly #mine: Standing = { watch: [], follow: [], present: "online" };
  readonly #others = new Map<string, Standing>();
  readonly #aborts = new Map<string, AbortController>(); // for what this tab does as the leader, by the tab that asked for it

  constructor(user: string, token: TokenSource) {
    this.#user = user;
    this.#token = token;
    this.#storage = new IndexedDBStorage(databaseOf(user));
    this.#talk = new BroadcastChannel(this.#name());
  }

  start(listener: Listener): void {
    this.#listener = listener;
    this.#talk.onmessage = (m: MessageEvent<Talk>) => this.#hear(m.data);
    const { signal } = this.#closing;
    // As long as this tab is there it holds a lock of its own, so that others know when it is gone.
    void navigator.locks.request(this.#name(this.#tab), { signal }, () => this.#forever()).catch(() => {});
    this.#say({ kind: "join", tab: this.#tab });
    this.#pulse.start();
    void this.#stand();
  }

  async request<Name extends OperationName>(name: Name, params: Params<Name>, { signal }: Asking = {}): Promise<Reply<Name>> {
    // The id is made here, so that a new leader's try is the same command.
    const keyed = wire.operations[name].clientID ? { client_id: newClientID(), ...params } : params;
    return await this.#ask<Reply<Name>>("request", [name, keyed], { signal });
  }

  send(channel: string, content: wire.Content, clientID = newClientID(), files: OutgoingFile[] = []): void {
    if (this.#direct) this.#direct.send(channel, content, clientID, files);
    else void this.#keepAndAsk(channel, content, clientID, files);
  }

  /**
   * Keeps a message before another tab is asked to send it, because either tab may be gone before
   * that.
   */
  async #keepAndAsk(channel: string, content: wire.Content, clientID: string, files: OutgoingFile[]): Promise<void> {
    const key = await keepMessage(this.#storage, { channel }, content, clientID, files).catch(() => undefined); // it is sent all the same
    await this.#ask("send", [channel, content, clientID, files, key]).catch(() => {}); // the state of the message is told
  }

  retry(clientID: string): void {
    this.#tell("retry", [clientID]);
  }

  discard(clientID: string): void {
    this.#tell("discard", [clientID]);
  }

  read(channel: string, seq: number): void {
    this.#tell("read", [channel, seq]);
  }

  typing(channel: string): void {
    this.#tell("typing", [channel]);
  }

  hurry(): void {
    this.#tell("hurry", []);
  }

  watch(channels: string[]): void {
    this.#mine.watch = channels;
    this.#standing();
  }

  follow(users: string[]): void {
    this.#mine.follow = users;
    this.#standing();
  }

  present(state: Standing["present"]): void {
    this.#mine.present = state;
    this.#standing();
  }

  upload(channel: string, file: Blob, { signal, progress, ...options }: UploadOptions): Promise<wire.Attached> {
    return this.#ask<wire.Attached>("upload", [channel, file, options], { signal, progress });
  }

  mediaURL(channel: string, seq: number, media: string, options: { rendition?: wire.Rendition; download?: boolean } = {}): Promise<string> {
    return this.#ask<string>("mediaURL", [channel, seq, media, options]);
  }

  async close(): Promise<void> {
    const direct = this.#direct;
    this.#direct = undefined; // the next leader answers what others ask from now on
    this.#pulse.stop();
    this.#talk.onmessage = null;
    await Promise.all([direct?.close(), this.#storage.close()]);
    this.#talk.close();
    this.#closing.abort(); // gives up the locks, so that the next tab may lead
    const gone = Object.assign(new Error("the session has ended"), { code: "closed" });
    for (const o of this.#open.values()) o.reject(gone);
    this.#open.clear();
  }

  // ─── Leading ───

  /**
   * Waits to lead. A tab must have loaded the part that holds a connection before, because a newer
   * server may not have the same file.
   */
  async #stand(): Promise<void> {
    this.#able = await directLink();
    if (!this.#closing.signal.aborted) this.#queue();
  }

  #queue(): void {
    this.#queued = new AbortController();
    this.#claim({ signal: AbortSignal.any([this.#closing.signal, this.#queued.signal]) });
  }

  /** Takes the lock of a leader that says nothing, because the browser has frozen it. */
  #takeOver(): void {
    if (!this.#able || this.#direct || this.#closing.signal.aborted) return;
    this.#queued?.abort();
    this.#claim({ steal: true });
  }

  #claim(options: LockOptions): void {
    const Direct = this.#able!;
    let led: DirectLink | undefined;
    const lead = () => (led = this.#lead(Direct)) && this.#forever();
    navigator.locks.request(this.#name(), options, lead).catch(() => led && this.#deposed(led));
  }

  /** Leads until this tab goes. Questions to the leader before are asked here again. */
  #lead(Direct: typeof DirectLink): DirectLink | undefined {
    if (this.#closing.signal.aborted) return undefined; // a lock that was given just now could not be given up before
    const direct = new Direct(this.#user, this.#token, this.#at);
    this.#direct = direct;
    this.#leader = this.#tab;
    this.#since = performance.timeOrigin + performance.now();
    this.#pulse.stop();
    this.leads.value = true;
    direct.start(this.#toAll(direct));
    direct.state.subscribe((state) => {
      if (this.#direct !== direct) return;
      this.state.value = state;
      this.#begin(direct.client.position);
      this.#say({ kind: "state", by: this.#tab, state, at: direct.client.position });
    });
    this.#say({ kind: "lead", by: this.#tab, since: this.#since, from: this.#at });
    if (this.#read && !this.#at) this.#listener?.reset(undefined); // events begin now, and some were before
    this.#standing();
    for (const [id, o] of [...this.#open]) void this.#answerHere(direct, id, o);
    return direct;
  }

  /**
   * Stops leading, because another tab has taken the lock. Questions without an answer are asked of
   * that tab.
   */
  #deposed(direct: DirectLink): void {
    if (this.#direct !== direct || this.#closing.signal.aborted) return;
    this.#direct = undefined;
    this.#leader = "";
    this.#since = 0;
    this.leads.value = false;
    void direct.close();
    this.#pulse.start();
    this.#queue();
    this.#say({ kind: "join", tab: this.#tab });
  }

  /** Tells this tab and all others. */
  #toAll(direct: DirectLink): Listener {
    const tell = <K extends keyof Listener>(name: K) => (...args: Parameters<Listener[K]>): void => {
      if (this.#direct !== direct) return;
      this.#take({ name, args } as News);
      this.#say({ kind: "news", by: this.#tab, news: { name, args: name === "ended" ? [plain(args[0] as Error)] : args } as News });
    };
    return {
      event: tell("event"), reset: tell("reset"), connected: tell("connected"), receipts: tell("receipts"),
      presence: tell("presence"), typing: tell("typing"), profiles: tell("profiles"), sent: tell("sent"), ended: tell("ended"),
    };
  }

  /** Answers another tab. If this tab stops leading, the next leader is asked again and answers. */
  async #answerOther(direct: DirectLink, t: Talk & { kind: "ask" }): Promise<void> {
    const { tab, id } = t;
    if (this.#aborts.has(`${tab} ${id}`)) return; // it was asked twice
    const progress: Progress = (stored: number, size: number) => this.#say({ kind: "progress", tab, id, stored, size });
    try {
      const value = await this.#do(direct, t.what, t.args, `${tab} ${id}`, progress);
      this.#say({ kind: "answer", tab, id, ok: true, value });
    } catch (error) {
      if (this.#direct === direct) this.#say({ kind: "answer", tab, id, ok: false, error: plain(error as Error) });
    }
  }

  async #answerHere(direct: DirectLink, id: number, o: Open): Promise<void> {
    try {
      o.resolve((await this.#do(direct, o.what, o.args, `${this.#tab} ${id}`, o.progress)) as never);
    } catch (error) {
      if (this.#direct !== direct) return;
      o.reject(error as Error);
    }
    this.#open.delete(id);
  }

  /** Does what a tab has asked for. Until it is done, the tab may give it up. */
  async #do(direct: DirectLink, what: Asked, args: unknown[], key: string, progress?: Progress): Promise<unknown> {
    const aborting = new AbortController();
    this.#aborts.set(key, aborting);
    try {
      return await perform(direct, what, args, { signal: aborting.signal, ...(progress && { progress }) });
    } finally {
      if (this.#aborts.get(key) === aborting) this.#aborts.delete(key);
    }
  }

  /** Counts in what another tab shows, until that tab is gone. */
  #enlist(tab: string, standing: Standing): void {
    const known = this.#others.has(tab);
    this.#others.set(tab, standing);
    this.#standing();
    if (known) return;
    const gone = () => {
      this.#others.delete(tab);
      this.#standing();
    };
    navigator.locks.request(this.#name(tab), { signal: this.#closing.signal }, gone).catch(() => {});
  }

  // ─── Talking ───

  #hear(t: Talk): void {
    if (t.kind === "lead" && this.#direct && t.since > this.#since) this.#deposed(this.#direct); // this tab was frozen meanwhile
    if (this.#direct) this.#asked(this.#direct, t);
    else if (t.kind === "progress" && t.tab === this.#tab) this.#open.get(t.id)?.progress?.(t.stored, t.size);
    else if (t.kind === "answer" && t.tab === this.#tab) this.#answered(t);
    else if ("by" in t) this.#led(t);
  }

  /** Does, as the leader, what another tab wants. */
  #asked(direct: DirectLink, t: Talk): void {
    if (t.kind === "join") {
      this.#say({ kind: "welcome", by: this.#tab, since: this.#since, tab: t.tab, state: this.state.peek(), at: direct.client.position, sends: direct.client.sends() });
    } else if (t.kind === "ping") this.#say({ kind: "here", by: this.#tab });
    else if (t.kind === "tell") apply(direct, t.what, t.args);
    else if (t.kind === "ask") void this.#answerOther(direct, t);
    else if (t.kind === "abort") this.#aborts.get(`${t.tab} ${t.id}`)?.abort();
    else if (t.kind === "standing") this.#enlist(t.tab, t.standing);
  }

  /**
   * Takes what the leader says. A tab that led before, and does not know yet that another one
   * leads, is not heard.
   */
  #led(t: Talk & { by: string }): void {
    const begins = t.kind === "lead" || (t.kind === "welcome" && t.tab === this.#tab);
    if (begins && t.since >= this.#since) [this.#leader, this.#since] = [t.by, t.since];
    if (t.by !== this.#leader) return;
    this.#pulse.heard();
    if (t.kind === "lead") this.#follow(t.from);
    else if (t.kind === "welcome" && t.tab === this.#tab) this.#welcomed(t);
    else if (t.kind === "state") this.#stated(t);
    else if (t.kind === "news") this.#take(t.news);
  }

  /**
   * Takes note of a new leader. If it begins behind what this tab has, everything is read again.
   */
  #follow(from: Position | undefined): void {
    const at = this.#at;
    const follows = at && from && at.epoch === from.epoch && from.positions.every((pos, shard) => pos <= (at.positions[shard] ?? 0));
    this.#at = copyOf(from);
    if (this.#read && !follows) this.#listener?.reset(undefined);
    this.#standing();
    for (const [id, o] of this.#open) this.#say({ kind: "ask", tab: this.#tab, id, what: o.what, args: o.args });
  }

  #welcomed(t: Talk & { kind: "welcome" }): void {
    if (this.#read) this.#follow(t.at); // this tab has led before, and may have missed events since
    this.#stated(t);
    for (const m of t.sends) this.#listener?.sent(m);
    if (t.state.online) this.#take({ name: "connected", args: [] });
    this.#standing();
  }

  #stated({ state, at }: { state: LinkState; at: Position | undefined }): void {
    this.#begin(at);
    this.state.value = state;
  }

  /** Takes note of where events begin, so that this tab can go on from there if it leads later. */
  #begin(at: Position | undefined): void {
    this.#at ??= copyOf(at);
  }

  #take(news: News): void {
    if (news.name === "event") {
      const [e] = news.args;
      if (this.#at) this.#at.positions[e.shard] = Math.max(e.pos, this.#at.positions[e.shard] ?? 0);
    }
    if (news.name === "connected") this.#read = true;
    (this.#listener?.[news.name] as ((...args: unknown[]) => void) | undefined)?.(...news.args);
  }

  #answered(t: Talk & { kind: "answer" }): void {
    const o = this.#open.get(t.id);
    if (!o) return;
    this.#open.delete(t.id);
    if (t.ok) o.resolve(t.value as never);
    else o.reject(Object.assign(new Error(t.error.message), t.error));
  }

  async #ask<T>(what: Asked, args: unknown[], { progress, signal }: Asking & { progress?: Progress | undefined } = {}): Promise<T> {
    signal?.throwIfAborted();
    const id = ++this.#ids;
    const aborted = () => this.#giveUp(id);
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      return await new Promise<T>((resolve, reject) => {
        const o: Open = { what, args, progress, resolve: resolve as (value: never) => void, reject };
        this.#open.set(id, o);
        if (this.#direct) void this.#answerHere(this.#direct, id, o);
        else this.#say({ kind: "ask", tab: this.#tab, id, what, args });
      });
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** Gives up what this tab has asked for, whichever tab does it. */
  #giveUp(id: number): void {
    this.#open.get(id)?.reject(new DOMException("it was given up", "AbortError"));
    this.#open.delete(id);
    this.#aborts.get(`${this.#tab} ${id}`)?.abort(); // a tab does not hear what it says itself
    this.#say({ kind: "abort", tab: this.#tab, id });
  }

  #tell(what: Told, args: unknown[]): void {
    if (this.#direct) apply(this.#direct, what, args);
    else this.#say({ kind: "tell", what, args });
  }

  #standing(): void {
    const direct = this.#direct;
    if (!direct) return this.#say({ kind: "standing", tab: this.#tab, standing: this.#mine });
    const all = joined([this.#mine, ...this.#others.values()]);
    direct.watch(all.watch);
    direct.follow(all.follow);
    direct.present(all.present);
  }

  #say(t: Talk): void {
    if (!this.#closing.signal.aborted) this.#talk.postMessage(t);
  }

  /** Waits until this tab goes. */
  #forever(): Promise<void> {
    return new Promise((done) => this.#closing.signal.addEventListener("abort", () => done(), { once: true }));
  }

  #name(tab = ""): string {
    return `${databaseOf(this.#user)}${tab && `.${tab}`}`;
  }
}

const copyOf = (p: Position | undefined): Position | undefined => p && { epoch: p.epoch, positions: [...p.positions] };

/** Returns the parts of an error that other tabs need, in a form that can be sent to them. */
function plain(error: Error): { code?: string; name: string; message: string; retryAfterMs?: number } {
  const e = ((error.cause as Error | undefined) ?? error) as Error & { code?: string; retryAfterMs?: number };
  return { name: e.name, message: e.message, ...(e.code && { code: e.code }), ...(e.retryAfterMs && { retryAfterMs: e.retryAfterMs }) };
}
