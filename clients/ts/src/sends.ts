import { RefusedError, TransferError, UnansweredError } from "./errors.js";
import { directChannel, newClientID } from "./names.js";
import type { Settings } from "./options.js";
import type { Outbox } from "./outbox.js";
import type { Storage } from "./storage.js";
import type { UploadOptions } from "./upload.js";
import { maxAttachments } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** Where a message goes: to a channel, or to the direct channel with a user. */
export type Target = { channel: string; to?: undefined } | { to: string; channel?: undefined };

/** A file to send with a message. */
export interface OutgoingFile {
  file: Blob;
  /** Its name: that of a File unless set. */
  name?: string;
  caption?: string;
  /** Says that a sound is a voice message, with a byte for each bar of its waveform. */
  voice?: boolean;
  waveform?: Uint8Array;
  /** How it is made ready before it is uploaded, in the words of {@link Options.prepare}. */
  prepare?: string;
}

/** The options of a message. */
export interface SendOptions {
  clientID?: string;
  files?: OutgoingFile[];
  /** The key under which {@link keepMessage} has put the message in storage. */
  key?: string;
}

/** A file of a message on its way, and how many of its bytes storage has. */
export interface FileState extends Readonly<OutgoingFile> {
  readonly name: string;
  readonly stored: number;
}

/** A message on its way. It is a snapshot: a change of its state makes another one. */
export interface Outgoing {
  readonly clientID: string;
  /**
   * The channel to which it goes; undefined only before the first connection, if it goes to a user.
   */
  readonly channel: string | undefined;
  readonly to: string | undefined;
  readonly content: wire.Content;
  /** Its files. They go out before the message, and do not hold up the messages behind it. */
  readonly files: readonly FileState[];
  /** When it was handed to the client, in Unix milliseconds by the clock of this device. */
  readonly created: number;
  /**
   * "waiting" until the server has stored or refused it. A message that the server refused for good
   * has "failed", and stays until it is sent again or discarded.
   */
  readonly state: "waiting" | "stored" | "failed";
  /** Why it has failed: the code and the text of the server. */
  readonly error?: { readonly code: wire.Code; readonly message: string };
  /** Where it is stored. */
  readonly ack?: wire.Ack;
}

/** A message that was handed to the client. */
export interface Sending {
  readonly clientID: string;
  /**
   * Resolves once the message is stored. It rejects with a {@link RefusedError} if the server
   * refuses it, and with an {@link UnansweredError} if the client ends before. No caller has to
   * wait for it.
   */
  readonly stored: Promise<wire.Ack>;
}

type KeptFile = OutgoingFile & { name: string };

/** What storage keeps of a message. */
interface Kept {
  clientID: string;
  channel?: string;
  to?: string;
  content: wire.Content;
  files?: KeptFile[];
  created: number;
  error?: { code: wire.Code; message: string };
  /**
   * The seq behind which the message may be stored. It is set before the message first goes out.
   */
  after?: number;
}

interface Entry extends Kept {
  key: string; // of storage, ascending in the order of sending
  kept: Promise<void>; // resolves once storage has it
  stored: number[]; // per file, how many bytes storage has
  attached?: wire.Attachment[]; // once all files are there, with their tickets
  uploading?: AbortController;
  giveUp?: () => { mayBeDone: boolean } | undefined;
  done: (ack: wire.Ack) => void;
  failed: (error: Error) => void;
}

const prefix = "send/";

/** Uploads a file for a channel. */
export type Upload = (channel: string, file: Blob, options: UploadOptions) => Promise<wire.Attached>;

/** What messages need so that they can go out, and the functions that are told about messages. */
export interface Means {
  storage: Storage;
  outbox: Outbox;
  prepare: Settings["prepare"];
  upload: Upload;
  changed: (message: Outgoing) => void;
  log: (message: string, about: { [name: string]: unknown }) => void;
}

/**
 * Keeps messages until they are stored: over lost connections, and over the end of the program if
 * storage keeps them. Those of one channel go out one after another, in their order. Channels do
 * not wait for each other.
 */
export class Sends {
  readonly #with: Means;
  readonly #entries = new Map<string, Entry>(); // by client id, in the order of sending
  readonly #queues = new Map<string, Entry[]>(); // by channel: those that wait
  readonly #busy = new Set<string>(); // channels whose first message is under way
  #user: string | undefined;
  #loaded = false;
  #last = 0; // number of the last message
  #ended: Error | undefined;

  constructor(means: Means) {
    this.#with = means;
  }

  /** Takes over the messages that an earlier program has left. They come before all others. */
  async load(): Promise<void> {
    const kept = await this.#with.storage.list(prefix).catch((error: unknown) => {
      this.#with.log("the messages of before cannot be read", { error: String(error) });
      return [];
    });
    if (this.#ended) return;
    const later = new Map(this.#entries); // some of them may be kept by now
    this.#entries.clear();
    this.#last = 0;
    for (const [key, value] of kept) {
      if (later.has((value as Kept).clientID)) continue;
      const entry: Entry = { ...(value as Kept), key, kept: Promise.resolve(), stored: [], done: () => {}, failed: () => {} };
      this.#entries.set(entry.clientID, entry);
      this.#last = Math.max(this.#last, numberOf(key)); // the clock may have gone back since
    }
    for (const entry of later.values()) this.#behind(entry);
    this.#loaded = true;
    for (const entry of this.#entries.values()) {
      this.#with.changed(this.#snapshot(entry));
      if (!entry.error) this.#queue(entry);
    }
  }

  /** Puts a message behind the messages of earlier programs, also in storage. */
  #behind(entry: Entry): void {
    this.#entries.delete(entry.clientID);
    this.#entries.set(entry.clientID, entry);
    if (numberOf(entry.key) > this.#last) {
      this.#last = numberOf(entry.key);
      return;
    }
    const before = entry.key;
    entry.key = keyOf(++this.#last, entry.clientID);
    this.#keep(entry);
    void entry.kept.then(() => this.#with.storage.delete(before)).catch(() => {}); // a repeat is stored once
  }

  /** Takes note of the user. Before that, the channel of a message to a user is not known. */
  begin(user: string): void {
    if (this.#user !== undefined) return;
    this.#user = user;
    for (const entry of this.#entries.values()) if (!entry.error) this.#queue(entry);
  }

  /** Ends the sending. The messages that wait stay in storage for the next program. */
  finish(error: Error): void {
    this.#ended = error;
    this.#queues.clear();
    for (const entry of this.#entries.values()) {
      entry.uploading?.abort(error);
      const mayBeDone = entry.after !== undefined;
      entry.failed(new UnansweredError(mayBeDone, error));
    }
  }

  send(target: Target, content: wire.Content, { clientID = newClientID(), files = [], key }: SendOptions = {}): Sending {
    if (this.#ended) throw this.#ended;
    if (this.#entries.has(clientID)) throw new TypeError(`client id ${clientID} is in use by a message under way`);
    if ((target.channel === undefined) === (target.to === undefined)) throw new TypeError("a message goes either to a channel or to a user");
    if (files.length > maxAttachments) throw new RangeError(`a message has at most ${maxAttachments} files`);
    let settle!: Pick<Entry, "done" | "failed">;
    const stored = new Promise<wire.Ack>((done, failed) => (settle = { done, failed }));
    stored.catch(() => {}); // nobody has to wait for it
    this.#last = key === undefined ? Math.max(this.#last + 1, Date.now() * 1000) : Math.max(this.#last, numberOf(key));
    const entry: Entry = {
      ...keptOf(target, content, clientID, files),
      key: key ?? keyOf(this.#last, clientID),
      kept: Promise.resolve(),
      stored: [],
      ...settle,
    };
    this.#entries.set(clientID, entry);
    this.#keep(entry, files.length === 0);
    this.#with.changed(this.#snapshot(entry));
    this.#queue(entry);
    return { clientID, stored };
  }

  /** Returns the messages that are not stored, in the order of sending. */
  list(channel?: string): Outgoing[] {
    const all = [...this.#entries.values()].map((e) => this.#snapshot(e));
    return channel === undefined ? all : all.filter((m) => m.channel === channel);
  }

  /**
   * Sends a failed message again, under the same client id. It goes behind the messages that wait.
   */
  retry(clientID: string): Promise<wire.Ack> {
    const entry = this.#entries.get(clientID);
    if (!entry?.error) return Promise.reject(new TypeError(`there is no failed message ${clientID}`));
    const stored = new Promise<wire.Ack>((done, failed) => Object.assign(entry, { done, failed }));
    stored.catch(() => {}); // nobody has to wait for it
    delete entry.error;
    delete entry.attached; // the server may have refused the tickets; it gives fresh ones
    this.#keep(entry);
    this.#with.changed(this.#snapshot(entry));
    this.#queue(entry);
    return stored;
  }

  /**
   * Gives up a message. It returns false if the message may be stored already: then it may still
   * appear in its channel.
   */
  discard(clientID: string): boolean {
    const entry = this.#entries.get(clientID);
    if (!entry) return false; // the message was stored, or was never sent
    entry.uploading?.abort(new DOMException("the message was discarded", "AbortError"));
    const given = entry.giveUp?.();
    const mayBeDone = entry.error === undefined && (given?.mayBeDone ?? entry.after !== undefined);
    this.#forget(entry);
    this.#leave(entry);
    entry.failed(new DOMException("the message was discarded", "AbortError"));
    return !mayBeDone;
  }

  #queue(entry: Entry): void {
    const channel = this.#channel(entry);
    if (this.#user === undefined || !this.#loaded || this.#ended || channel === undefined) return;
    if (entry.files && !entry.attached) return void this.#attach(entry, channel, entry.files);
    const queue = this.#queues.get(channel) ?? [];
    this.#queues.set(channel, queue);
    if (!queue.includes(entry)) queue.push(entry);
    this.#next(channel);
  }

  /**
   * Uploads the files of a message, and then lets the message go. After a reload the uploads go on
   * where they were.
   */
  async #attach(entry: Entry, channel: string, files: KeptFile[]): Promise<void> {
    if (entry.uploading) return;
    const stop = (entry.uploading = new AbortController());
    try {
      await entry.kept;
      const ready = await this.#ready(entry, files, stop.signal);
      const all = ready.map(({ file, caption, prepare: _, ...options }, i) => {
        const progress = (stored: number) => {
          entry.stored[i] = stored;
          if (!stop.signal.aborted) this.#with.changed(this.#snapshot(entry));
        };
        return this.#with.upload(channel, file, { ...options, progress, signal: stop.signal }).then(({ attachment, ticket }): wire.Attachment => {
          return { id: attachment.id, ticket, ...(caption !== undefined && { caption }) };
        });
      });
      entry.attached = await Promise.all(all);
    } catch (error) {
      if (!stop.signal.aborted) this.#notAttached(entry, error);
      stop.abort(error); // the other uploads are of no use
    } finally {
      delete entry.uploading;
    }
    if (entry.attached) this.#queue(entry);
  }

  /** Makes the files ready that are not ready yet, and keeps the result in storage. */
  async #ready(entry: Entry, files: KeptFile[], signal: AbortSignal): Promise<KeptFile[]> {
    if (files.every((f) => f.prepare === undefined)) return files;
    const ready = await Promise.all(files.map(async (whole) => {
      const { prepare, ...f } = whole;
      return prepare === undefined ? f : { ...f, ...(await this.#with.prepare(whole).catch(() => ({}))) };
    }));
    signal.throwIfAborted(); // the message was discarded, or the client ends
    entry.files = ready;
    this.#keep(entry);
    this.#with.changed(this.#snapshot(entry));
    return ready;
  }

  #notAttached(entry: Entry, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RefusedError) entry.error = { code: error.code, message };
    else entry.error = { code: error instanceof TransferError && error.status === 507 ? "storage_full" : "unavailable", message };
    this.#keep(entry);
    this.#with.changed(this.#snapshot(entry));
    entry.failed(error instanceof Error ? error : new TransferError(message));
  }

  #next(channel: string): void {
    const entry = this.#queues.get(channel)?.[0];
    if (!entry || this.#busy.has(channel)) return;
    this.#busy.add(channel);
    void entry.kept.then(() => {
      // The message is kept before it goes out, whatever happens next. If it was discarded
      // meanwhile, another message may be under way already.
      if (this.#queues.get(channel)?.[0] === entry) this.#hand(channel, entry);
    });
  }

  #hand(channel: string, entry: Entry): void {
    const { clientID, to, attached } = entry;
    const content = attached ? { ...entry.content, attachments: [...(entry.content.attachments ?? []), ...attached] } : entry.content;
    entry.giveUp = this.#with.outbox.add({
      command: (ref) => ({ type: "send", ref, ...(to !== undefined ? { to } : { channel }), client_id: clientID, content }),
      reply: "ack",
      channel: () => channel,
      clientID,
      unsure: entry.after !== undefined,
      after: entry.after ?? 0,
      goesOut: (after) => {
        entry.after = after;
        this.#keep(entry);
      },
      done: (f) => {
        this.#forget(entry);
        this.#with.changed({ ...this.#snapshot(entry), state: "stored", ack: f as wire.Ack });
        entry.done(f as wire.Ack);
        this.#leave(entry);
      },
      failed: (error) => this.#refused(entry, error),
    });
  }

  #refused(entry: Entry, error: Error): void {
    if (this.#ended) return;
    delete entry.giveUp;
    if (error instanceof RefusedError) {
      entry.error = { code: error.code, message: error.message };
      delete entry.after; // the server's word is that it is not stored
      this.#keep(entry);
      this.#with.changed(this.#snapshot(entry));
    }
    entry.failed(error);
    this.#leave(entry);
  }

  /** Lets the next message of a channel go. */
  #leave(entry: Entry): void {
    const channel = this.#channel(entry);
    const queue = channel === undefined ? undefined : this.#queues.get(channel);
    if (channel === undefined || !queue) return;
    const first = queue[0] === entry;
    if (queue.includes(entry)) queue.splice(queue.indexOf(entry), 1);
    if (first) this.#free(channel);
  }

  #free(channel: string): void {
    this.#busy.delete(channel);
    if (this.#queues.get(channel)?.length === 0) this.#queues.delete(channel);
    this.#next(channel);
  }

  #channel(entry: Kept): string | undefined {
    if (entry.channel !== undefined || entry.to === undefined) return entry.channel;
    return this.#user === undefined ? undefined : directChannel(this.#user, entry.to);
  }

  #snapshot(entry: Entry): Outgoing {
    const { clientID, to, content, created, error } = entry;
    const files = (entry.files ?? []).map((f, i) => ({ ...f, stored: entry.stored[i] ?? 0 }));
    return { clientID, channel: this.#channel(entry), to, content, files, created, state: error ? "failed" : "waiting", ...(error && { error }) };
  }

  #keep(entry: Entry, urgent = false): void {
    const { key, clientID, channel, to, content, files, created, error, after } = entry;
    const value: Kept = {
      clientID,
      ...(channel !== undefined && { channel }),
      ...(to !== undefined && { to }),
      content,
      ...(files && { files }),
      created,
      ...(error && { error }),
      ...(after !== undefined && { after }),
    };
    entry.kept = this.#with.storage.put(key, value, urgent).catch((error: unknown) => {
      this.#with.log("a message is not kept", { error: String(error) }); // it is sent all the same
    });
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.clientID);
    this.#with.storage.delete(entry.key).catch((error: unknown) => {
      this.#with.log("a message that is stored is still kept", { error: String(error) }); // a repeat is stored once
    });
  }
}

let lastKept = 0; // number of the last message that this program has kept for another one

/**
 * Keeps a message for the client of another program with the same storage, such as another tab. If
 * no program hands the message over, the next client that reads the storage sends it. It returns
 * the key that {@link SendOptions} take.
 */
export async function keepMessage(storage: Storage, target: Target, content: wire.Content, clientID: string, files: OutgoingFile[] = []): Promise<string> {
  lastKept = Math.max(lastKept + 1, Date.now() * 1000);
  const key = keyOf(lastKept, clientID);
  await storage.put(key, keptOf(target, content, clientID, files), files.length === 0);
  return key;
}

function keptOf({ channel, to }: Target, content: wire.Content, clientID: string, files: OutgoingFile[]): Kept {
  return {
    clientID,
    ...(channel !== undefined && { channel }),
    ...(to !== undefined && { to }),
    content,
    ...(files.length > 0 && { files: files.map((f) => ({ ...f, name: f.name ?? (f.file as Partial<File>).name ?? "file" })) }),
    created: Date.now(),
  };
}

/** Returns the key of a message, which sorts by its number. */
function keyOf(number: number, clientID: string): string {
  return `${prefix}${String(number).padStart(digitsOfNumber, "0")}/${clientID}`;
}

function numberOf(key: string): number {
  return Number(key.slice(prefix.length, prefix.length + digitsOfNumber)) || 0;
}

const digitsOfNumber = 16;
