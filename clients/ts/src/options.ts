import type { OutgoingFile } from "./sends.js";
import type { Storage } from "./storage.js";
import type * as wire from "./wire.gen.js";

/**
 * How far a client has got. It can be stored as JSON. A client can resume from it on any server.
 */
export type Position = wire.Resume;

/**
 * Returns a token of the user. The client asks it at each attempt to connect and some time before a
 * token expires, once at a time. If it throws, the client asks again later, unless it throws a
 * {@link FatalError}.
 */
export type TokenSource = (request: { signal: AbortSignal }) => string | Promise<string>;

/** A way to carry frames. The frames are the same on all of them. */
export type Transport = "websocket" | "stream" | "poll";

/** The part of the browser's WebSocket that a client needs. Packages such as ws have it too. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface Options {
  /**
   * The base URLs of the servers, http or https. All must belong to one cluster. The client goes to
   * the next one when one fails. In a browser the origin of the page is used unless set.
   */
  urls?: string | string[];
  /**
   * Prefers earlier URLs: the client begins with the first one. Otherwise it begins with any of
   * them.
   */
  inOrder?: boolean;
  /** The source of the user's tokens. */
  token: TokenSource;
  /** "auto" uses WebSocket, and if that does not get through, server-sent events, then polling. */
  transport?: Transport | "auto";
  /**
   * Where events begin: at a position that {@link Client.position} gave, or, for "stored", where
   * the last client with this storage stopped. Without it they begin at the time of connecting.
   */
  resume?: Position | "stored";
  /** Keeps messages that are not sent yet, and the position. In memory unless set. */
  storage?: Storage;
  /**
   * Makes a file ready whose {@link OutgoingFile.prepare} is set, right before it is uploaded. For
   * example, it makes a picture smaller. The message is in storage by then, so nothing is lost if
   * the program ends: the next program makes the file ready again. A file that cannot be made ready
   * is sent as it is.
   */
  prepare?: (file: OutgoingFile) => Promise<{ file: Blob; name?: string }>;
  /**
   * Whether the server is told which messages have come, because receipts need it. It is true
   * unless set.
   */
  receipts?: boolean;

  /**
   * The class of WebSockets: that of the platform unless set. Node.js has one from version 22 on.
   * Without one, server-sent events are used.
   */
  WebSocket?: new (url: string) => WebSocketLike;
  /** Makes the requests over HTTP: the platform's fetch unless set. */
  fetch?: typeof fetch;
  /** Is told what the client does. Tokens and messages are never told. */
  log?: (message: string, about: { [name: string]: unknown }) => void;

  /** How many events are held that the application has not taken; 1024 unless set. */
  maxEvents?: number;
  /** Bounds one attempt to connect, from the token to the welcome frame; 10 s unless set. */
  connectTimeoutMs?: number;
  /** How long to wait for a reply before a command is repeated; 10 s unless set. */
  replyTimeoutMs?: number;
  /** Bound the wait between attempts to connect; 200 ms and 15 s unless set. */
  backoffMinMs?: number;
  backoffMaxMs?: number;
}

/** Options with their defaults filled in. */
export interface Settings extends Required<Omit<Options, "urls" | "resume" | "storage" | "WebSocket">> {
  urls: string[];
  WebSocket: Options["WebSocket"];
}

/** Checks options and fills in their defaults. */
export function settingsOf(o: Options): Settings {
  if (typeof o.token !== "function") throw new TypeError("options.token: is missing; set a function that returns a token");
  const urls = (typeof o.urls === "string" ? [o.urls] : (o.urls ?? pageOrigin())).map(checkedURL);
  if (urls.length === 0) throw new TypeError("options.urls: is empty; set the address of at least one server");
  const s: Settings = {
    urls,
    inOrder: o.inOrder ?? false,
    token: o.token,
    transport: o.transport ?? "auto",
    prepare: o.prepare ?? (async ({ file }) => ({ file })),
    receipts: o.receipts ?? true,
    WebSocket: o.WebSocket ?? (globalThis.WebSocket as Options["WebSocket"]),
    fetch: o.fetch ?? ((...args) => fetch(...args)),
    log: o.log ?? (() => {}),
    maxEvents: o.maxEvents ?? 1024,
    connectTimeoutMs: o.connectTimeoutMs ?? 10_000,
    replyTimeoutMs: o.replyTimeoutMs ?? 10_000,
    backoffMinMs: o.backoffMinMs ?? 200,
    backoffMaxMs: Math.max(o.backoffMaxMs ?? 15_000, o.backoffMinMs ?? 200),
  };
  for (const name of ["maxEvents", "connectTimeoutMs", "replyTimeoutMs", "backoffMinMs"] as const) {
    if (!(s[name] > 0)) throw new TypeError(`options.${name}: must be above 0`);
  }
  if (s.transport === "websocket" && !s.WebSocket) {
    throw new TypeError("options.WebSocket: this platform has no WebSocket; hand in a class, or use another transport");
  }
  return s;
}

function pageOrigin(): string[] {
  return typeof location === "undefined" ? [] : [location.origin];
}

/** Checks a URL. Its errors leave the URL out if it may hold a password. */
function checkedURL(raw: string): string {
  let u: URL;
  try {
    u = new URL(raw);
  } catch {
    throw new TypeError("options.urls: one of them is not a URL");
  }
  if (u.username || u.password) throw new TypeError("options.urls: a URL must not carry credentials");
  if (u.protocol !== "http:" && u.protocol !== "https:") throw new TypeError(`options.urls: ${raw} is not http://host or https://host`);
  if (u.search || u.hash) throw new TypeError(`options.urls: ${raw} must have neither query nor fragment`);
  return raw.replace(/\/+$/, "");
}
