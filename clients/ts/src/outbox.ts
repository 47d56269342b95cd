import { backoff } from "./backoff.js";
import { byteLength, encode } from "./codec.js";
import { ProtocolError, RefusedError, UnansweredError, retryAfter } from "./errors.js";
import type { Settings } from "./options.js";
import { defaultLimits } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** A command that waits for one reply, over as many connections as that takes. */
export interface Request {
  /** Returns the command with a ref. It is built anew each time that it is written. */
  command: (ref: number) => wire.Command;
  /** The type of the frame that answers it. */
  reply: string;
  /**
   * Returns the channel to which a send of a user goes. Other commands have no place in an order.
   */
  channel?: (user: string) => string;
  /** The client id of the message. Only a send has one. */
  clientID?: string;
  /** Bounds how often the command is refused because storage is full, before the sender is told. */
  fullTries?: number;
  /**
   * Whether the message may be stored already. Then the client looks for it before it writes it
   * again.
   */
  unsure?: boolean;
  /** Where that search begins: a seq known before the message was first written. */
  after?: number;
  /** Is called before the command is first written, with {@link Request.after}. */
  goesOut?: (after: number) => void;
  done: (reply: wire.Frame) => void;
  failed: (error: Error) => void;
}

/** A request with its state. */
interface Entry extends Request {
  key: string; // the channel, once the user is known
  ref: number; // set while in flight
  due: number; // in flight: when the reply is due; waiting: when the next try is due
  wrote: number; // when it was written last
  tries: number;
  written: boolean; // whether it was ever written
  unsure: boolean;
  after: number;
}

/** The facts about a session that decide what may be written. Times are of performance.now. */
export interface Terms {
  user: string;
  limits: wire.Limits;
  heard: number; // when the last frame came
  connected: boolean; // commands go over the connection, not in requests of their own
  seq: (channel: string) => number;
}

/** One pass over the outbox: the commands to write, and the time of the next pass. */
export interface Round {
  batch: string;
  next: number;
  /** Whether a reply is overdue and no frame has come since the command was written. */
  dead: boolean;
}

interface Pass extends Round {
  terms: Terms;
  now: number;
  bytes: number;
  full: boolean;
  busy: Set<string>; // channels whose first waiting send has been seen
}

/**
 * Bounds the wait before a repeat while the connection stands, in milliseconds. A server that can
 * still refuse commands is not overloaded by repeats.
 */
const repeatMax = 2000;

/** The most bytes of a frame that cancels a command. */
const cancelBytes = 64;

/** The codes that say for sure that nothing was stored. */
const certain = new Set<string>(["too_fast", "unavailable", "storage_full", "expired"]);

/**
 * Holds the commands that have no reply yet, in the order in which they were given. It outlives
 * sessions: the next session goes on with the commands that a lost one left unanswered.
 */
export class Outbox {
  readonly #settings: Settings;
  readonly #wake: () => void;
  readonly #list: Entry[] = [];
  readonly #byRef = new Map<number, Entry>(); // in flight
  readonly #byClient = new Map<string, Entry>(); // sends only
  #canceled: number[] = []; // refs in flight that no caller waits for; the server must still be told
  #refs = 0; // the last ref that was used
  #hold = 0; // nothing is written before this time: the server said too_fast
  #ended: Error | undefined;

  /** Calls wake whenever a pass is due. */
  constructor(settings: Settings, wake: () => void) {
    this.#settings = settings;
    this.#wake = wake;
  }

  /** Puts a request at the end of the list. The function that it returns gives the request up. */
  add(request: Request): () => { mayBeDone: boolean } | undefined {
    const { clientID } = request;
    const r: Entry = { unsure: false, after: 0, ...request, key: "", ref: 0, due: 0, wrote: 0, tries: 0, written: false };
    if (this.#ended) {
      r.failed(this.#ended);
      return () => undefined;
    }
    if (clientID !== undefined && this.#byClient.has(clientID)) {
      r.failed(new TypeError(`client id ${clientID} is in use by a send under way`));
      return () => undefined;
    }
    if (clientID !== undefined) this.#byClient.set(clientID, r);
    this.#list.push(r);
    this.#wake();
    return () => {
      if (!this.#list.includes(r)) return undefined; // the outcome came first
      if (r.ref !== 0 && r.clientID === undefined) this.#canceled.push(r.ref);
      this.#remove(r);
      return { mayBeDone: r.written || r.unsure };
    };
  }

  /**
   * Puts back the requests that were in flight when a session ended. For the sends among them it is
   * not known whether they are stored.
   */
  lost(): void {
    this.#hold = 0;
    this.#canceled = [];
    this.#byRef.clear();
    for (const r of this.#list) {
      r.unsure ||= r.ref !== 0 && r.clientID !== undefined;
      r.ref = 0;
      r.due = 0;
    }
  }

  /** Ends every request with an error, and every later one too. */
  finish(error: Error): void {
    this.#ended = error;
    for (const r of [...this.#list]) {
      this.#remove(r);
      r.failed(r.clientID === undefined ? error : new UnansweredError(r.written || r.unsure, error));
    }
  }

  /**
   * Writes the commands that may be written. Of a channel's sends only the first may be written, so
   * that its repeats keep their place.
   */
  round(now: number, terms: Terms): Round {
    const pass: Pass = { terms, now, batch: "", bytes: 0, next: Infinity, dead: false, full: false, busy: new Set() };
    this.#cancel(pass);
    for (const r of [...this.#list]) {
      this.#consider(pass, r);
      if (pass.full) break;
    }
    return pass;
  }

  /**
   * Tells the server of commands that no caller waits for, if commands go over the connection
   * itself. Only reads are cancelled, because the server can stop no other command.
   */
  #cancel(pass: Pass): void {
    if (pass.terms.connected) {
      const most = Math.floor(pass.terms.limits.frame_bytes / cancelBytes);
      pass.batch = this.#canceled.slice(0, most).map((command) => encode({ type: "cancel", command })).join("\n");
      pass.bytes = byteLength(pass.batch);
    }
    this.#canceled = [];
  }

  #consider(pass: Pass, r: Entry): void {
    if (r.channel && r.key === "") r.key = r.channel(pass.terms.user);
    if (r.key !== "") {
      if (pass.busy.has(r.key)) return;
      pass.busy.add(r.key);
    }
    if (r.ref !== 0 && pass.now >= r.due) {
      pass.dead ||= pass.terms.heard < r.wrote;
      this.#again(r, r.clientID !== undefined, pass.now);
    }
    if (pass.now < r.due) pass.next = Math.min(pass.next, r.due);
    else if (pass.now < this.#hold) pass.next = Math.min(pass.next, this.#hold);
    else if (this.#byRef.size < Math.max(pass.terms.limits.in_flight, 1)) this.#write(pass, r);
  }

  /** Puts back a request that was in flight, to be written at the given time. */
  #again(r: Entry, unsure: boolean, at: number): void {
    this.#byRef.delete(r.ref);
    r.ref = 0;
    r.due = at;
    r.unsure ||= unsure;
    r.tries++;
  }

  /**
   * Encodes a request into the batch and counts it as in flight. It refuses a command that exceeds
   * the limit of frames, because the server ends a session that writes such a frame.
   */
  #write(pass: Pass, r: Entry): void {
    const { limits, seq } = pass.terms;
    const ref = this.#refs + 1;
    const frame = encode(r.unsure ? lookup(r, ref, limits) : r.command(ref));
    const bytes = byteLength(frame);
    if (bytes > limits.frame_bytes) {
      this.#settle(r, new RefusedError({ code: "too_large", message: `a frame of ${bytes} bytes; at most ${limits.frame_bytes} are allowed`, retryable: false }));
      return;
    }
    if (pass.batch !== "") {
      if (pass.bytes + 1 + bytes > limits.frame_bytes) {
        pass.full = true;
        return;
      }
      pass.batch += "\n";
      pass.bytes++;
    }
    pass.batch += frame;
    pass.bytes += bytes;
    if (!r.written && r.key !== "" && r.after === 0) r.after = seq(r.key);
    if (!r.written) r.goesOut?.(r.after);
    this.#refs = r.ref = ref;
    r.wrote = pass.now;
    r.due = pass.now + this.#settings.replyTimeoutMs;
    r.written = true;
    this.#byRef.set(ref, r);
    pass.next = Math.min(pass.next, r.due);
  }

  /**
   * Handles the reply to a ref. A reply for which no request waits is dropped, unless it is an ack.
   * An ack names its message, so it counts whichever try it answers.
   */
  replied(frame: wire.Frame, user: string): void {
    let r = this.#byRef.get((frame as { ref?: number }).ref ?? 0);
    if (frame.type === "ack" && (!r || (r.clientID !== undefined && r.clientID !== frame.client_id))) {
      r = this.#byClient.get(frame.client_id);
    }
    if (!r) return;
    if (frame.type === "error") this.#refused(r, new RefusedError(frame));
    else if (frame.type === "page" && r.unsure) this.#searched(r, frame, user);
    else this.#settle(r, frame);
  }

  /**
   * Tries a request again if it may succeed later. It waits for the time that the server asks for,
   * or else with backoff.
   */
  #refused(r: Entry, e: RefusedError): void {
    const now = performance.now();
    if (r.unsure && !e.retryable) {
      // The user has no such channel, so the message is not in it. Only the answer to the send
      // itself may end it.
      this.#again(r, false, now);
      r.unsure = false;
    } else if (!e.retryable || (e.code === "storage_full" && r.tries + 1 >= (r.fullTries ?? Infinity))) {
      this.#settle(r, e);
      return;
    } else {
      const { backoffMinMs: min, backoffMaxMs: max } = this.#settings;
      const wait = Math.max(retryAfter(e), backoff(min, Math.max(min, Math.min(max, repeatMax)), r.tries));
      this.#again(r, r.clientID !== undefined && !certain.has(e.code), now + wait);
      // With a channel, only that channel waits, because later sends wait behind this one anyway.
      if (e.code === "too_fast" && e.channel === undefined) this.#hold = now + wait;
    }
    this.#wake();
  }

  /**
   * Looks for an unsure send in a page of the log. If no page up to the last has it, the send is
   * written again.
   */
  #searched(r: Entry, page: wire.Page, user: string): void {
    const found = page.events.find((ev) => ev.client_id === r.clientID && ev.sender === user);
    if (found) return this.#settle(r, acknowledgement(found));
    const { tries } = r;
    this.#again(r, false, 0);
    r.tries = tries; // a page is an answer, not a failure
    const last = page.events.at(-1)?.seq ?? r.after;
    r.unsure = page.more && r.after > 0 && last > r.after;
    r.after = last;
    this.#wake();
  }

  /**
   * Acknowledges a send by its own event. The event may come before the ack or, after a reconnect,
   * instead of it.
   */
  stored(ev: wire.Event, user: string): void {
    if (ev.client_id === undefined || ev.sender !== user || ev.kind !== "message") return;
    const r = this.#byClient.get(ev.client_id);
    if (r && (r.written || r.unsure) && (r.channel?.(user) ?? ev.channel) === ev.channel) this.#settle(r, acknowledgement(ev));
  }

  #settle(r: Entry, outcome: wire.Frame | Error): void {
    this.#remove(r);
    if (outcome instanceof Error) r.failed(outcome);
    else if (outcome.type !== r.reply) r.failed(new ProtocolError(`a command was answered with a frame of type ${outcome.type}`));
    else r.done(outcome);
  }

  #remove(r: Entry): void {
    const i = this.#list.indexOf(r);
    if (i >= 0) this.#list.splice(i, 1);
    this.#byRef.delete(r.ref);
    r.ref = 0;
    if (r.clientID !== undefined) this.#byClient.delete(r.clientID);
    this.#wake(); // the next send of its channel may go
  }
}

/** Returns the query for the messages among which an unsure send may be. */
function lookup(r: Entry, ref: number, limits: wire.Limits): wire.History {
  const limit = Math.min(limits.history_events, defaultLimits.history_events);
  return { type: "history", ref, channel: r.key, ...(r.after > 0 && { after: r.after }), limit };
}

/**
 * Returns the ack that follows from an event: the event is in the log, so an ack would say the
 * same.
 */
function acknowledgement(ev: wire.Event): wire.Ack {
  const { id, channel, shard, pos, timestamp } = ev;
  return { type: "ack", id, client_id: ev.client_id ?? "", channel, seq: ev.seq ?? 0, shard, pos, timestamp };
}
