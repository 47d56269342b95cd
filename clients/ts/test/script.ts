import { vi } from "vitest";
import { split } from "../src/codec.js";
import { Client, type Options, wire } from "../src/index.js";

/** The server's end of one WebSocket, which a test drives. */
export class Peer {
  readonly url: string;
  /** The commands that came, the connect frame first. */
  readonly got: wire.Command[] = [];
  open = true;
  readonly #socket: Socket;

  constructor(url: string, socket: Socket) {
    this.url = url;
    this.#socket = socket;
  }

  get hello(): wire.Connect {
    return this.got[0] as wire.Connect;
  }

  /** Returns the commands of a type that came. */
  all<Name extends keyof wire.Operations>(type: Name): wire.Operations[Name]["command"][] {
    return this.got.filter((c) => c.type === type) as wire.Operations[Name]["command"][];
  }

  write(...frames: object[]): void {
    this.raw(frames.map((f) => JSON.stringify(f)).join("\n"));
  }

  raw(data: unknown): void {
    this.#socket.onmessage?.({ data });
  }

  /** Answers the connect frame with the position that it resumes from, or with an empty log of two shards. */
  welcome(change: Partial<wire.Welcome> = {}): this {
    const { resume } = this.hello;
    this.write({
      type: "welcome", v: 1, session: "s", user: "ann", epoch: "e", positions: resume?.positions ?? [0, 0], recovered: resume !== undefined,
      time: Date.now(), expires: 0, limits: wire.defaultLimits, ...change,
    });
    return this;
  }

  /** Acks a send as message seq. */
  ack(send: wire.Send, seq: number): void {
    this.write({ type: "ack", ref: send.ref, id: "m" + seq, client_id: send.client_id, channel: send.channel ?? `ann~${send.to}`, seq, shard: 0, pos: seq, timestamp: seq });
  }

  refuse(c: wire.Command, code: wire.Code, more: Partial<wire.Error> = {}): void {
    this.write({ type: "error", ref: c.ref, code, message: code, retryable: false, ...more });
  }

  close(code: number): void {
    this.open = false;
    this.#socket.onclose?.({ code, reason: "" });
  }
}

class Socket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  peer!: Peer;

  send(data: string): void {
    for (const line of split(data)) this.peer.got.push(JSON.parse(line) as wire.Command);
  }

  close(): void {
    this.peer.open = false;
  }
}

/** A server that a test plays, under a clock that the test moves. */
export class Script {
  readonly peers: Peer[] = [];
  /** Whether connections are let in. */
  reachable = true;
  readonly WebSocket: NonNullable<Options["WebSocket"]>;
  readonly clients: Client[] = [];

  constructor() {
    const script = this;
    this.WebSocket = class extends Socket {
      constructor(url: string) {
        super();
        this.peer = new Peer(url, this);
        setTimeout(() => {
          if (!script.reachable) return this.onclose?.({ code: 1006, reason: "" });
          script.peers.push(this.peer);
          this.readyState = 1;
          this.onopen?.();
        });
      }
    } as unknown as NonNullable<Options["WebSocket"]>;
    vi.useFakeTimers();
  }

  start(options: Partial<Options> = {}): Client {
    const client = new Client({ urls: "http://one", token: () => "token", transport: "websocket", WebSocket: this.WebSocket, receipts: false, ...options });
    this.clients.push(client);
    return client.start();
  }

  /** Lets time pass, and everything happen that is due. */
  async pass(ms = 0): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  /** Returns the connection that is open, once there is one. */
  async peer(): Promise<Peer> {
    for (let i = 0; i < 100; i++) {
      await this.pass(i === 0 ? 0 : 200);
      const peer = this.peers.at(-1);
      if (peer?.open && peer.got.length > 0) return peer;
    }
    throw new Error("no connection has come");
  }

  async end(): Promise<void> {
    const all = Promise.all(this.clients.map((c) => c.close()));
    await this.pass();
    await all;
    vi.useRealTimers();
  }
}

/** Returns the event of a message in shard 0. */
export function said(channel: string, seq: number, pos: number, more: Partial<wire.Event> = {}): wire.Event {
  return { type: "event", kind: "message", version: seq + 1, id: `m${seq}`, sender: "bob", seq, timestamp: seq, content: { text: String(seq) }, shard: 0, pos, channel, ...more };
}
