import { DisconnectedError, FatalError, ReopenError, isExpired, isFatal } from "./errors.js";
import { Inbox, type Item } from "./inbox.js";
import type { Position, Settings, Transport } from "./options.js";
import { Outbox } from "./outbox.js";
import { Places } from "./places.js";
import { watchPlatform } from "./platform.js";
import { keepFresh } from "./refresh.js";
import { Route } from "./route.js";
import { Sends, type Outgoing, type Upload } from "./sends.js";
import { Session, type Host } from "./session.js";
import { Standing } from "./standing.js";
import type { Storage } from "./storage.js";
import { clampTimeout, sleep, timeout } from "./time.js";
import { Tracker } from "./tracker.js";
import type * as wire from "./wire.gen.js";

/** A connection as the server sees it. */
export interface Connected {
  readonly session: string;
  readonly user: string;
  readonly url: string;
  readonly transport: Transport;
  readonly limits: wire.Limits;
  /**
   * Whether the events since the last connection follow. Otherwise a reset is told, unless this is
   * the first connection.
   */
  readonly recovered: boolean;
}

/** What a client is doing. */
export type State =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting"; readonly url: string; readonly transport: Transport }
  | ({ readonly phase: "connected" } & Connected)
  /**
   * The client tries again at the time nextTry, in Unix milliseconds by the clock of this device.
   */
  | { readonly phase: "waiting"; readonly nextTry: number; readonly error: Error }
  /** The client will not connect again. It was closed, or the error is a {@link FatalError}. */
  | { readonly phase: "ended"; readonly error: Error };

/** Is told what the connection brings, and uploads the files of messages. */
export interface Audience {
  upload: Upload;
  state(state: State): void;
  send(message: Outgoing): void;
  live(frame: wire.Frame): void;
  arrived(): void;
}

const positionKey = "position";
const userKey = "user";

/** How long after an event the position is stored, in milliseconds. */
const positionDelay = 300;

/**
 * How long the end of a client may take, in milliseconds. A storage may hang, because it may be
 * code of the application.
 */
const closeTimeout = 5000;

/** Connects, and connects again, and holds what outlives the sessions. */
export class Connection implements Host {
  readonly settings: Settings;
  readonly outbox: Outbox;
  readonly sends: Sends;
  readonly places: Places;
  readonly standing: Standing;
  inbox: Inbox;
  tracker: Tracker;
  user: string | undefined;
  state: State = { phase: "idle" };
  /** How far the server's clock is ahead of this one, in milliseconds. */
  clockOffset = 0;
  readonly loaded: Promise<void>;
  readonly #storage: Storage;
  readonly #resume: Position | "stored" | undefined;
  readonly #audience: Audience;
  readonly #route: Route;
  readonly #closing = new AbortController();
  #load!: () => void;
  #session: Session | undefined; // the session that has its welcome frame
  #pausing: AbortController | undefined;
  #expired = ""; // the last token that the server refused as expired
  #saving: ReturnType<typeof setTimeout> | undefined;
  #saved = "";
  #running: Promise<void> | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(settings: Settings, storage: Storage, resume: Position | "stored" | undefined, audience: Audience) {
    this.settings = settings;
    this.#storage = storage;
    this.#resume = resume;
    this.#audience = audience;
    const from = typeof resume === "object" ? resume : undefined;
    this.inbox = new Inbox(settings.maxEvents, from);
    this.tracker = new Tracker(from);
    this.outbox = new Outbox(settings, () => this.#session?.wake());
    this.places = new Places(this.outbox, () => this.tracker.seen());
    this.standing = new Standing(this.outbox, settings.log);
    this.sends = new Sends({ storage, outbox: this.outbox, prepare: settings.prepare, upload: audience.upload, changed: (message) => audience.send(message), log: settings.log });
    this.#route = new Route(settings);
    this.loaded = new Promise((resolve) => (this.#load = resolve));
  }

  start(): void {
    if (this.#running || this.state.phase === "ended") return;
    const unwatch = watchPlatform({
      back: () => this.#back(),
      gone: () => this.#session?.probe(),
      hidden: () => this.#hidden(),
    });
    this.#running = this.#run()
      .catch((error: unknown) => this.#finish(error instanceof Error ? error : new FatalError("the client has failed", error)))
      .finally(unwatch);
  }

  async close(error: Error): Promise<void> {
    const before = this.state;
    if (!this.#running) this.#finish(error);
    this.#closing.abort(error);
    this.#session?.end(error);
    const over = async () => {
      if (before.phase !== "ended") await this.#running;
      await this.#save();
    };
    const timer = new AbortController();
    await Promise.race([over(), sleep(closeTimeout, timer.signal).catch(() => {})]);
    timer.abort();
    this.#finish(error); // if the storage hangs
  }

  retryNow(): void {
    this.#pausing?.abort();
  }

  async connected(signal?: AbortSignal): Promise<Connected> {
    for (;;) {
      const { state } = this;
      if (state.phase === "connected") return state;
      if (state.phase === "ended") throw state.error;
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiters.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiters.add(wake);
        signal?.addEventListener("abort", wake);
      });
    }
  }

  /** Is told that the application has taken an item, or found none left. */
  taken(item: Item | undefined): void {
    if (item?.type === "event" && item.kind === "message" && item.sender !== this.user && this.settings.receipts) {
      this.places.received(item.channel, item.seq ?? 0);
    }
    if (item) this.#saving ??= setTimeout(() => void this.#save(), positionDelay);
    this.#session?.taken();
  }

  welcomed(session: Session): void {
    const w = session.welcome;
    this.#session = session;
    this.#route.welcomed();
    this.clockOffset = w.time > 0 ? w.time - Date.now() : 0;
    const { url, opener } = session;
    this.settings.log("connected", { url, transport: opener.transport, session: w.session, recovered: w.recovered });
    this.#to({ phase: "connected", session: w.session, user: w.user, url, transport: opener.transport, limits: w.limits, recovered: w.recovered });
    this.standing.begin(opener.lasts);
    this.sends.begin(w.user);
    this.places.begin();
    void this.#save(); // it says where the first events begin
    void keepFresh(session, this, (signal) => this.#token(signal)).catch(() => {}); // it ends with the session
    const lease = this.#route.lease(performance.now());
    if (lease < Infinity) {
      const timer = setTimeout(() => session.end(new ReopenError("a better transport is tried again")), clampTimeout(lease));
      session.ended.addEventListener("abort", () => clearTimeout(timer));
    }
  }

  live(frame: wire.Frame): void {
    this.#audience.live(frame);
  }

  arrived(): void {
    this.#audience.arrived();
  }

  async #run(): Promise<void> {
    await this.#restore();
    while (!this.#closing.signal.aborted) {
      const { lasted, error } = await this.#connect();
      if (this.#closing.signal.aborted) break;
      const { url } = this.#route.target();
      if (isFatal(error)) {
        this.settings.log("giving up", { url, error: String(error) });
        return this.#finish(error instanceof FatalError ? error : new FatalError(error.message, error));
      }
      const wait = this.#route.failed(error, lasted, performance.now());
      this.settings.log("disconnected", { url, error: String(error), retryInMs: Math.round(wait) });
      if (wait > 0) await this.#pause(wait, error);
    }
    this.#finish(this.#closing.signal.reason as Error);
  }

  /** Reads what an earlier program has left in storage. */
  async #restore(): Promise<void> {
    if (this.#resume === "stored") {
      const position = await this.#storage.get(positionKey).catch(() => undefined);
      if (isPosition(position) && this.state.phase !== "ended") {
        this.inbox.rebase(position, true);
        this.tracker = new Tracker(position);
      }
    }
    const user = await this.#storage.get(userKey).catch(() => undefined);
    if (typeof user === "string") this.user = user; // a token of another user is refused
    await this.sends.load();
    this.#load();
  }

  /** Opens a session and runs it until it ends. */
  async #connect(): Promise<{ lasted: number; error: Error }> {
    const began = performance.now();
    const { url, opener } = this.#route.target();
    this.#to({ phase: "connecting", url, transport: opener.transport });
    let token: string;
    try {
      token = await this.#token(AbortSignal.any([this.#closing.signal, timeout(this.settings.connectTimeoutMs)]));
    } catch (error) {
      return { lasted: 0, error: isFatal(error) ? (error as Error) : new DisconnectedError("the token source has failed", { cause: error }) };
    }
    const session = new Session(this, url, opener, token);
    const stop = () => session.end(this.#closing.signal.reason as Error);
    this.#closing.signal.addEventListener("abort", stop);
    const error = await session.run(Math.max(this.settings.connectTimeoutMs - (performance.now() - began), 1));
    this.#closing.signal.removeEventListener("abort", stop);
    const lasted = this.#session === session ? Math.max(performance.now() - session.began, 1) : 0;
    this.#session = undefined;
    this.standing.end();
    this.places.end();
    this.outbox.lost();
    if (this.user !== undefined) await this.#storage.put(userKey, this.user).catch(() => {});
    return { lasted, error: this.#judge(error, session.token) };
  }

  /**
   * Makes an error fatal if the server refuses the same token as expired for the second time. The
   * source of tokens has no newer one then.
   */
  #judge(error: Error, token: string): Error {
    if (!isExpired(error)) return error;
    if (token === this.#expired) return new FatalError("the token has expired, and the token source has no newer one", error);
    this.#expired = token;
    return error;
  }

  /** Asks for a token. The wait ends with the signal, whatever the source does. */
  async #token(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      Promise.resolve()
        .then(() => this.settings.token({ signal }))
        .then(resolve, reject);
    });
  }

  async #pause(wait: number, error: Error): Promise<void> {
    this.#to({ phase: "waiting", nextTry: Date.now() + wait, error });
    this.#pausing = new AbortController();
    await sleep(wait, AbortSignal.any([this.#pausing.signal, this.#closing.signal])).catch(() => {}); // the wait may end early
    this.#pausing = undefined;
  }

  #back(): void {
    this.retryNow();
    this.#session?.probe();
  }

  #hidden(): void {
    this.places.flush();
    void this.#save();
  }

  #to(state: State): void {
    this.state = state;
    for (const wake of [...this.#waiters]) wake();
    this.#audience.state(state);
  }

  #finish(error: Error): void {
    if (this.state.phase === "ended") return;
    this.#closing.abort(error);
    this.sends.finish(error);
    this.outbox.finish(error);
    this.inbox.finish(error instanceof FatalError ? error : undefined);
    this.#load();
    this.#to({ phase: "ended", error });
  }

  /** Stores the position, if it has moved. */
  async #save(): Promise<void> {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    const { position } = this.inbox;
    const text = JSON.stringify(position);
    if (!position || text === this.#saved) return;
    this.#saved = text;
    await this.#storage.put(positionKey, position).catch((error: unknown) => {
      this.settings.log("the position is not kept", { error: String(error) });
    });
  }
}

function isPosition(value: unknown): value is Position {
  const p = value as Position | undefined;
  return typeof p?.epoch === "string" && p.epoch !== "" && Array.isArray(p.positions) && p.positions.every(Number.isSafeInteger);
}
