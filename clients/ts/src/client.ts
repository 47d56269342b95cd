import { Connection, type Connected, type State } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ClosedError, TransferError, UnansweredError } from "./errors.js";
import type { Files } from "./files.js";
import type { Item, Reset } from "./inbox.js";
import { directChannel, newClientID } from "./names.js";
import { settingsOf, type Options, type Position } from "./options.js";
import type { Outgoing, Sending, SendOptions, Target } from "./sends.js";
import { MemoryStorage } from "./storage.js";
import { anySignal, timeout } from "./time.js";
import type { UploadOptions } from "./upload.js";
import { maxFollowed, maxWatched, operations } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** The name of an operation that {@link Client.request} offers. */
export type OperationName = Exclude<keyof wire.Operations, "connect" | "refresh" | "pong" | "cancel">;

type CommandOf<Name extends OperationName> = wire.Operations[Name]["command"];

/**
 * The parameters of a command. The client adds the type and the number of the command, the places
 * that the client has seen, and a random client id where none is given.
 */
export type Params<Name extends OperationName> = Omit<CommandOf<Name>, "type" | "ref" | "seen" | "client_id"> &
  ("client_id" extends keyof CommandOf<Name> ? { client_id?: string } : unknown);

/** The answer to a command. */
export type Reply<Name extends OperationName> = wire.Operations[Name]["reply"];

/** Bounds a wait. */
export interface Waiting {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

/** What a client tells its listeners. */
export interface ClientEvents {
  /**
   * An event of one of the user's channels. Each event is told once. The events of a channel are
   * told in order.
   */
  event: wire.Event;
  /**
   * Events of one channel or of all channels may be missing before the next event. The application
   * reads its data again.
   */
  reset: Reset;
  /** The connection has changed. */
  state: State;
  /** A message that was sent here has changed its state. */
  send: Outgoing;
  /**
   * How far members of a channel have read and received. This user's own reading on other devices
   * is among it.
   */
  receipts: wire.Receipts;
  /** The presence of followed users. */
  presence: wire.UserPresence[];
  /** A member is writing. */
  typing: wire.Typing;
  /** The profiles of users that have changed. The user shares a channel with them. */
  profiles: wire.Profile[];
}

/**
 * A connection to Natterjack that outlives its sockets. It sends messages and reads events, and
 * goes on with both through lost connections, restarted servers and stalled networks.
 *
 * {@link Client.start} connects. The other methods may be called before and after.
 */
export class Client {
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #loadFiles: () => Promise<Files>;
  #files: Promise<Files> | undefined;
  #warming: ReturnType<typeof setTimeout> | undefined;
  readonly #typed = new Map<string, number>();
  #reading = false;

  constructor(options: Options) {
    const settings = settingsOf(options);
    const storage = options.storage ?? new MemoryStorage();
    this.#connection = new Connection(settings, storage, options.resume, {
      upload: (channel, file, o) => this.upload(channel, file, o),
      state: (state) => {
        if (state.phase === "connected") this.#warm();
        this.#emitter.emit("state", state);
      },
      send: (message) => this.#emitter.emit("send", message),
      live: (frame) => this.#live(frame),
      arrived: () => this.#arrived(),
    });
    this.#loadFiles = async () => new (await import("./files.js")).Files(settings, this.request.bind(this));
  }

  // ─── Life ───

  /** Connects, and connects again whenever a connection is lost. A second call does nothing. */
  start(): this {
    this.#connection.start();
    return this;
  }

  /**
   * Ends the client. Messages that wait stay in storage. Everything that is under way rejects with
   * a {@link ClosedError}.
   */
  async close(): Promise<void> {
    clearTimeout(this.#warming);
    await this.#connection.close(new ClosedError());
  }

  /** The connection as it is now. */
  get state(): State {
    return this.#connection.state;
  }

  /** The user; undefined before the first connection. */
  get user(): string | undefined {
    return this.#connection.user;
  }

  /**
   * Waits until there is a connection, and returns what describes it. The promise rejects once the
   * client can never connect again.
   */
  async connected(options: Waiting = {}): Promise<Connected> {
    return await this.#connection.connected(signalOf(options));
  }

  /**
   * Resolves once storage was read. From then on {@link Client.sends} returns the messages of
   * earlier programs too.
   */
  get loaded(): Promise<void> {
    return this.#connection.loaded;
  }

  /** Tries to connect now, if the client waits for its next try. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /** Returns the time of the server's clock, in Unix milliseconds, as far as it is known. */
  now(): number {
    return Date.now() + this.#connection.clockOffset;
  }

  // ─── Reading ───

  /** Adds a listener. The function that it returns removes the listener. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    if (name === "event" && this.#reading) throw new TypeError("events are being read already; read them in one place only");
    const off = this.#emitter.on(name, listener);
    if (name === "event") queueMicrotask(() => this.#arrived()); // tells the events that waited
    return off;
  }

  /**
   * Yields each event of each of the user's channels once, across reconnects. The events of a
   * channel come in the order of its log. The user's own messages are among them. A {@link Reset}
   * tells that events may be missing. The generator ends when the client is closed, and throws if
   * the client cannot go on.
   *
   * There may be one reader at a time, and none while there are listeners for events. An
   * application that reads more slowly than events come costs no memory: the client drops what it
   * cannot hold, and reads it again from the server when there is room.
   */
  async *events(): AsyncGenerator<Item, void, void> {
    if (this.#reading || this.#emitter.has("event")) throw new TypeError("events are being read already; read them in one place only");
    this.#reading = true;
    const { inbox } = this.#connection;
    try {
      while (await inbox.wait()) {
        const item = inbox.take();
        this.#connection.taken(item);
        if (item) yield item;
      }
    } finally {
      inbox.handled();
      this.#reading = false;
    }
  }

  /**
   * The position behind the last event that the application has handled: its listeners have
   * returned, or it has asked {@link Client.events} for the next one. It is undefined before the
   * first connection, unless there was a position to resume from.
   */
  get position(): Position | undefined {
    return this.#connection.inbox.position;
  }

  // ─── Asking ───

  /**
   * Gives a command and returns its answer. The command is repeated over reconnects until it is
   * answered or the wait ends. A repeat does not carry it out twice. If the wait ends while the
   * server still reads, the server is told to stop. If the server refuses the command, the promise
   * rejects with a {@link RefusedError}. A change that is given up rejects with an
   * {@link UnansweredError}. Any other command that is given up rejects with the reason of the
   * signal.
   */
  request<Name extends OperationName>(name: Name, params: Params<Name>, options: Waiting = {}): Promise<Reply<Name>> {
    const op = operations[name];
    const signal = signalOf(options);
    const given = params as { client_id?: string };
    const clientID = op.clientID ? (given.client_id ?? newClientID()) : undefined;
    const send = name === "send" ? (params as Params<"send">) : undefined;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const { outbox, tracker } = this.#connection;
      const settled = () => signal?.removeEventListener("abort", giveUp);
      const remove = outbox.add({
        command: (ref) => {
          const more = { ...(clientID !== undefined && { client_id: clientID }), ...(op.seen && { seen: tracker.seen() }) };
          return { type: name, ref, ...params, ...more } as unknown as wire.Command;
        },
        reply: op.reply,
        ...(send && clientID !== undefined && { clientID, channel: (user: string) => placeOf(send, user) }),
        ...((name === "reserve_upload" || name === "complete_upload") && { fullTries: 5 }),
        done: (frame) => {
          settled();
          resolve(frame as Reply<Name>);
        },
        failed: (error) => {
          settled();
          reject(error);
        },
      });
      const giveUp = () => {
        const given = remove();
        if (given) reject(op.change ? new UnansweredError(given.mayBeDone, signal?.reason) : signal?.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  // ─── Sending ───

  /**
   * Sends a message. It is kept in storage first, and repeated until the server has stored or
   * refused it, also by the next program with this storage. It is stored once. Messages to one
   * channel keep their order. Each change of its state is told as "send". Its files are kept and
   * uploaded in the same way.
   */
  send(target: Target, content: wire.Content | string, options: SendOptions = {}): Sending {
    return this.#connection.sends.send(target, typeof content === "string" ? { text: content } : content, options);
  }

  /**
   * Returns the messages that are not stored yet or have failed, in order. With a channel, it
   * returns only the messages to that channel.
   */
  sends(channel?: string): Outgoing[] {
    return this.#connection.sends.list(channel);
  }

  /** Sends a failed message again. It goes behind the messages that wait. */
  retry(clientID: string): Promise<wire.Ack> {
    return this.#connection.sends.retry(clientID);
  }

  /**
   * Gives up a message. It returns false if the message may be stored already, and may still
   * appear.
   */
  discard(clientID: string): boolean {
    return this.#connection.sends.discard(clientID);
  }

  // ─── Being there ───

  /**
   * Says that the user has read a channel up to a message. An application may call it for each
   * message, because the server is told only about once a second. A server that has crashed is told
   * again.
   */
  read(channel: string, seq: number): void {
    this.#connection.places.read(channel, seq);
  }

  /**
   * Says that the user is typing. An application may call it for each key, because the server is
   * told only every three seconds.
   */
  typing(channel: string): void {
    const now = performance.now();
    if (this.state.phase !== "connected" || now - (this.#typed.get(channel) ?? -Infinity) < typingInterval) return;
    this.#typed.clear(); // a person types in one place
    this.#typed.set(channel, now);
    this.request("set_typing", { channel }, { timeoutMs: typingInterval }).catch(() => {}); // it is of no use later
  }

  /**
   * Says which channels are on the screen, at most 20. Which members read and type in them is told
   * as "receipts" and "typing". The setting holds over reconnects. A client that polls is told
   * nothing.
   */
  watch(channels: string[]): void {
    if (channels.length > maxWatched) throw new RangeError(`at most ${maxWatched} channels can be watched`);
    this.#connection.standing.set("watch", [...channels]);
  }

  /**
   * Follows the presence of at most 200 users. It is told as "presence", now and at each change.
   * The setting holds over reconnects. A client that polls is told nothing.
   */
  follow(users: string[]): void {
    if (users.length > maxFollowed) throw new RangeError(`at most ${maxFollowed} users can be followed`);
    this.#connection.standing.set("follow_presence", [...users]);
  }

  /**
   * Sets the presence that this client shows to other users. It is online unless set. The setting
   * holds over reconnects.
   */
  present(state: "online" | "away" | "invisible"): void {
    this.#connection.standing.set("set_presence", state);
  }

  // ─── Files ───

  /**
   * Uploads a file for a channel and returns its ticket once the server has taken it in. After a
   * lost connection the upload goes on where it was. After a reload the same call also goes on
   * there, for a day.
   */
  async upload(channel: string, file: Blob, options: UploadOptions = {}): Promise<wire.Attached> {
    const { uploads } = await this.#withFiles();
    return await uploads.upload(channel, file, options);
  }

  /**
   * Returns a URL of a file that a message has. Anyone who has the URL can read the file for some
   * minutes. A URL that is still good for a while is given again, so that the browser's cache
   * works.
   */
  async mediaURL(channel: string, seq: number, media: string, options: { rendition?: wire.Rendition; download?: boolean } & Waiting = {}): Promise<wire.MediaURL> {
    return await (await this.#withFiles()).media.url(channel, seq, media, options);
  }

  /** Reads a whole file into memory and compares its hash. */
  async download(channel: string, seq: number, file: wire.Attachment, options: { signal?: AbortSignal; progress?: (got: number, size: number) => void } = {}): Promise<Blob> {
    return await (await this.#withFiles()).media.download(channel, seq, file, options);
  }

  /**
   * Loads the part about files, once. If that fails because the network is gone, the page may try
   * again later.
   */
  async #withFiles(): Promise<Files> {
    try {
      return await (this.#files ??= this.#loadFiles());
    } catch (cause) {
      this.#files = undefined;
      throw new TransferError("the part of the program about files cannot be loaded; reload the page", 0, cause);
    }
  }

  /** Loads that part when there is time, so that files can be chosen without a network, too. */
  #warm(): void {
    this.#warming ??= setTimeout(() => void this.#withFiles().catch(() => {}), warmAfter);
  }

  #live(frame: wire.Frame): void {
    if (frame.type === "receipts") this.#emitter.emit("receipts", frame);
    if (frame.type === "presence" && frame.users.length > 0) this.#emitter.emit("presence", frame.users);
    if (frame.type === "typing") this.#emitter.emit("typing", frame);
    if (frame.type === "profiles") this.#emitter.emit("profiles", frame.users);
  }

  /**
   * Hands the items of the inbox to the listeners. Without listeners, the items stay for a reader.
   */
  #arrived(): void {
    const { inbox } = this.#connection;
    while (this.#emitter.has("event")) {
      const item = inbox.take();
      this.#connection.taken(item);
      if (!item) return;
      if (item.type === "event") this.#emitter.emit("event", item);
      else this.#emitter.emit("reset", item);
    }
  }
}

/** How long after the first connection the part about files is loaded, in milliseconds. */
const warmAfter = 3000;

/** How often the server is told that the user types, in milliseconds. */
const typingInterval = 3000;

function placeOf(send: Params<"send">, user: string): string {
  return send.to === undefined ? (send.channel ?? "") : directChannel(user, send.to);
}

function signalOf(o: Waiting): AbortSignal | undefined {
  if (o.timeoutMs === undefined) return o.signal;
  return anySignal(o.signal, timeout(o.timeoutMs));
}
