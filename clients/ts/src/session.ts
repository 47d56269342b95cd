import { decode, split } from "./codec.js";
import { BlockedError, DisconnectedError, FatalError, ProtocolError, RefusedError, ReopenError } from "./errors.js";
import type { Inbox } from "./inbox.js";
import type { Link, Opener } from "./link.js";
import type { Settings } from "./options.js";
import type { Outbox } from "./outbox.js";
import { clampTimeout } from "./time.js";
import type { Tracker } from "./tracker.js";
import { pong } from "./tunnel.js";
import { defaultLimits, version } from "./wire.gen.js";
import type * as wire from "./wire.gen.js";

/** What outlives a session and takes part in it. */
export interface Host {
  readonly settings: Settings;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly tracker: Tracker;
  /** The user of the first session, which cannot change. */
  user: string | undefined;
  /** Is told that the session has begun. */
  welcomed(session: Session): void;
  /** Is told of live news. */
  live(frame: wire.Frame): void;
  /** Lets the application take what is in the inbox. */
  arrived(): void;
}

/** The longest ping interval that the client accepts, in seconds: an hour. */
const maxPingInterval = 3600;

/** How long a server that is there takes to answer a probe, in milliseconds. */
const probeTimeout = 5000;

/** One connection, from the token to its end. */
export class Session {
  readonly url: string;
  readonly opener: Opener;
  /** The token of the session. A refresh replaces it. */
  token: string;
  /** When it began, by performance.now. */
  readonly began = performance.now();
  readonly #host: Host;
  #link: Link | undefined;
  #welcome: wire.Welcome | undefined;
  #heard = performance.now();
  #flushing = false;
  #pong = false; // a ping is unanswered
  #letGo = false; // there was no room for an event: from then on no event is tracked or delivered
  #timer: ReturnType<typeof setTimeout> | undefined;
  #probing: ReturnType<typeof setTimeout> | undefined;
  #over: ((error: Error) => void) | undefined;
  readonly #ended = new AbortController();

  constructor(host: Host, url: string, opener: Opener, token: string) {
    this.#host = host;
    this.url = url;
    this.opener = opener;
    this.token = token;
  }

  get welcome(): wire.Welcome {
    return this.#welcome!; // the caller has been told of the welcome frame
  }

  /** Is aborted when the session ends. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Opens the link and returns why the session has ended. The wait for the welcome frame is
   * bounded.
   */
  run(timeout: number): Promise<Error> {
    return new Promise((resolve) => {
      this.#over = resolve;
      this.#timer = setTimeout(() => this.end(new BlockedError("no answer to connect in time")), timeout);
      try {
        this.#link = this.opener.open(
          this.url,
          () => this.#hello(),
          { message: (text) => this.#message(text), closed: (error) => this.end(error) },
          this.#host.settings,
        );
      } catch (cause) {
        this.end(new BlockedError("the link cannot be opened", { cause }));
      }
      if (this.#ended.signal.aborted) this.#link?.close();
    });
  }

  /** Ends the session, once. */
  end(error: Error): void {
    if (this.#ended.signal.aborted) return;
    clearTimeout(this.#timer);
    clearTimeout(this.#probing);
    this.#link?.close();
    this.#ended.abort(error);
    this.#over?.(error);
  }

  #hello(): wire.Connect {
    const resume = this.#host.tracker.resume();
    return { type: "connect", v: version, token: this.token, ...(resume && { resume }) };
  }

  /** Writes what waits, as soon as the present work is done: many calls make one pass. */
  wake(): void {
    if (this.#flushing || !this.#welcome) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      if (!this.#ended.signal.aborted) this.#flush();
    });
  }

  #flush(): void {
    const { user, limits } = this.welcome;
    const terms = { user, limits, heard: this.#heard, connected: this.opener.refreshes, seq: (channel: string) => this.#host.tracker.seq(channel) };
    const silent = this.#heard + this.#silence();
    for (;;) {
      const now = performance.now();
      const round = this.#host.outbox.round(now, terms);
      if (round.dead || now >= silent) return this.end(new DisconnectedError("the server has fallen silent"));
      if (this.#pong) round.batch ||= pong; // any frame answers a ping
      this.#pong = false;
      if (round.batch === "") return this.#sleep(Math.min(round.next, silent) - now);
      this.#link!.write(round.batch);
    }
  }

  #sleep(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), clampTimeout(Math.ceil(ms)));
  }

  /**
   * Returns the longest time without a frame from a server that is there. The server pings once in
   * each interval, and one ping may be lost.
   */
  #silence(): number {
    return 2000 * this.welcome.limits.ping_interval_s + 5000;
  }

  /**
   * Finds out whether the server is still there: after the network has changed, or the machine was
   * asleep. The command changes nothing, and any frame is answer enough.
   */
  probe(): void {
    if (!this.#welcome || this.#probing !== undefined || this.#ended.signal.aborted) return;
    if (!this.opener.lasts) return this.end(new ReopenError("polling begins anew"));
    const asked = performance.now();
    this.#host.outbox.add({ command: (ref) => ({ type: "get_presence", ref, users: [] }), reply: "presence", done: () => {}, failed: () => {} });
    this.#probing = setTimeout(() => {
      this.#probing = undefined;
      if (this.#heard < asked) this.end(new DisconnectedError("the server does not answer"));
    }, probeTimeout);
  }

  #message(text: string): void {
    this.#heard = performance.now();
    try {
      for (const line of split(text)) {
        this.#frame(decode(line));
        if (this.#ended.signal.aborted) return;
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new ProtocolError("a frame that cannot be handled", error));
    }
    this.#host.arrived();
  }

  #frame(f: wire.Frame): void {
    if (!this.#welcome && f.type !== "welcome" && f.type !== "error") throw new ProtocolError("its first frame is not a welcome");
    switch (f.type) {
      case "welcome":
        return this.#welcomed(f);
      case "event":
        return this.#event(f);
      case "ping":
        if (!this.opener.lasts) return;
        this.#pong = true;
        return this.wake();
      case "error":
        return this.#failed(f);
      case "ack":
        this.#host.tracker.acknowledged(f.shard, f.pos);
        break;
      case "channel":
        if (f.channel.at) this.#host.tracker.acknowledged(f.channel.at.shard, f.channel.at.pos);
        break;
    }
    this.#host.live(f);
    this.#host.outbox.replied(f, this.welcome.user);
  }

  /**
   * Handles an error frame. It answers connect, or a command, or nothing in particular. In the last
   * case it tells that the session ends, or concerns a frame that this client did not send.
   */
  #failed(f: wire.Error): void {
    if (!this.#welcome) throw new RefusedError(f);
    if (f.ref) return this.#host.outbox.replied(f, this.welcome.user);
    if (!this.opener.refreshes) throw new RefusedError(f); // the error stands for a close code
    this.#host.settings.log("error from the server", { url: this.url, code: f.code, message: f.message });
  }

  /** Begins the session, or goes on with it: every long poll gets a new welcome frame. */
  #welcomed(w: wire.Welcome): void {
    const host = this.#host;
    if (w.v !== version) throw new FatalError(`the server speaks version ${w.v} of the protocol, not ${version}`);
    if (host.user !== undefined && host.user !== w.user) {
      throw new FatalError(`the token is of user ${w.user}, and before it was of ${host.user}`);
    }
    host.user = w.user;
    w.limits = complete(w.limits);
    const change = host.tracker.adopt(w);
    if (change !== "same") host.inbox.rebase({ epoch: w.epoch, positions: w.positions }, change === "first");
    if (this.#welcome) return;
    this.#welcome = w;
    clearTimeout(this.#timer);
    host.welcomed(this);
    this.wake();
  }

  #event(ev: wire.Event): void {
    const { inbox, outbox, tracker, settings } = this.#host;
    outbox.stored(ev, this.welcome.user);
    if (this.#letGo) return;
    const { fresh, gap } = tracker.check(ev);
    if (gap) {
      inbox.tell({ type: "reset", ...gap });
      settings.log("a gap", { ...gap });
    }
    if (!fresh) {
      if (gap) tracker.advance(ev);
      return;
    }
    if (inbox.push(ev)) {
      tracker.advance(ev);
      return;
    }
    // The dropped event and all events after it are not tracked, so the next session begins with
    // the dropped event.
    this.#letGo = true;
  }

  /**
   * Takes note that the application has taken items. There may be room for the dropped events now.
   */
  taken(): void {
    if (this.#letGo && this.#host.inbox.hasRoom) this.end(new ReopenError("there is room for the events that were dropped"));
  }
}

/** Fills in limits that the server did not tell: without one, a silence could be of any length. */
function complete(told: wire.Limits): wire.Limits {
  const limits = { ...defaultLimits };
  for (const name of Object.keys(limits) as (keyof wire.Limits)[]) {
    if (told[name] > 0) limits[name] = told[name];
  }
  limits.ping_interval_s = Math.min(limits.ping_interval_s, maxPingInterval);
  return limits;
}

