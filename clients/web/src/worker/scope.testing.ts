// A browser as the worker finds it, which a test controls.

import { MemoryStorage } from "natterjack";
import { Owners, type Owner } from "../model/push/owner.ts";
import type { Asked, Known, Shown } from "../model/push/talk.ts";
import { serve } from "./serve.ts";
import type { Build, Outbox } from "./world.ts";

/** A notification that is shown. */
export class FakeNotification {
  closed = false;
  readonly tag: string;
  readonly body: string;
  readonly data: unknown;

  constructor(readonly title: string, readonly options: { tag?: string; body?: string; data?: unknown; silent?: boolean; renotify?: boolean; lang?: string; actions?: object[] }) {
    this.tag = options.tag ?? "";
    this.body = options.body ?? "";
    this.data = structuredClone(options.data ?? null);
  }

  close(): void {
    this.closed = true;
  }

  get about(): Shown {
    return this.data as Shown;
  }
}

/** A window of the app, which answers as it is told to. */
export class FakeWindow {
  focused = 0;
  opened: string[] = [];
  type = "window";

  constructor(public known: Known | undefined) {}

  postMessage(asked: Asked, ports: readonly MessagePort[] = []): void {
    if (asked.natterjack === "open") this.opened.push(asked.path);
    else if (this.known) {
      const known = this.known;
      const read = Object.fromEntries(Object.entries(known.read).filter(([c]) => asked.channels.includes(c)));
      queueMicrotask(() => ports[0]?.postMessage({ ...known, read }));
    }
  }

  async focus(): Promise<this> {
    this.focused++;
    return this;
  }
}

/** A command that came to the server, without its number. */
export type Given = { type: string; [name: string]: unknown };

export const owner: Owner = { user: "alice", token: "t0ken", expires: Infinity, by: "token", id: "d".repeat(22), key: "BAAA", language: "en", label: "Safari, iPhone" };

/** A browser with the worker in it. */
export class Browser {
  readonly owners = new Owners(new MemoryStorage());
  readonly caches = new FakeCaches(this);
  /** All notifications that were ever shown. Some may be closed. */
  readonly everShown: FakeNotification[] = [];
  shown: FakeNotification[] = [];
  windows: FakeWindow[] = [];
  openedURLs: string[] = [];
  badge: number | undefined;
  /**
   * The addresses that were fetched, the commands that were given, and the tokens that came with
   * them.
   */
  readonly fetched: string[] = [];
  readonly given: Given[] = [];
  readonly tokens: string[] = [];
  /** What the server answers to a command; it throws if there is no network. */
  answer: (command: Given) => object = (c) => (c.type === "list_channels" ? { type: "channels", channels: [], more: false } : { type: "ok" });
  /** The code with which the server refuses the token. */
  refused: string | undefined;
  /** What the network answers to anything else. */
  network: (path: string) => Response = () => new Response("", { status: 404 });
  subscription: { endpoint: string; unsubscribed: boolean } | undefined = { endpoint: "https://push.example/1", unsubscribed: false };
  skipped = 0;
  claimed = 0;
  readonly kept: { user: string; channel: string; text: string; clientID: string }[] = [];
  keepFails = false;
  readonly #listeners = new Map<string, (e: object) => void>();

  constructor(readonly build: Build = { version: "1", files: ["/assets/a-1.js"], named: ["/assets/a-1.js"] }) {
    const outbox: Outbox = {
      keep: async (user, channel, text, clientID) => {
        if (this.keepFails) throw new Error("no room");
        const entry = { user, channel, text, clientID };
        this.kept.push(entry);
        return async () => void this.kept.splice(this.kept.indexOf(entry), 1);
      },
    };
    serve({ scope: this.#scope() as unknown as ServiceWorkerGlobalScope, build, owners: this.owners, outbox });
  }

  /** Lets an event happen, and returns once the worker is through with it. */
  async happen(name: string, event: object = {}): Promise<void> {
    const work: Promise<unknown>[] = [];
    this.#listeners.get(name)!({ ...event, waitUntil: (p: Promise<unknown>) => void work.push(p) });
    await Promise.all(work);
  }

  /** Asks the worker for something, as the browser does, and returns its answer, if it has one. */
  request(request: { url: string; method: string; mode: string }): Promise<Response> | undefined {
    let answer: Promise<Response> | undefined;
    const respondWith = (r: Promise<Response>) => void (answer = r);
    this.#listeners.get("fetch")!({ request, preloadResponse: Promise.resolve(undefined), waitUntil: () => {}, respondWith });
    return answer;
  }

  push(payload: object | string | undefined): Promise<void> {
    const text = typeof payload === "object" ? JSON.stringify(payload) : payload;
    return this.happen("push", { data: text === undefined ? null : { text: () => text } });
  }

  click(n: FakeNotification, action = "", reply?: string | null): Promise<void> {
    return this.happen("notificationclick", { notification: n, action, reply });
  }

  open(path: string): Promise<Response> | undefined {
    return this.request({ url: new URL(path, "https://chat.example").href, method: "GET", mode: "navigate" });
  }

  load(path: string): Promise<Response> | undefined {
    return this.request({ url: new URL(path, "https://chat.example").href, method: "GET", mode: "cors" });
  }

  readonly fetch = async (request: string | { url: string }, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(typeof request === "string" ? request : request.url, "https://chat.example");
    if (url.pathname !== "/v1/frames") {
      this.fetched.push(url.pathname);
      return this.network(url.pathname);
    }
    this.tokens.push(new Headers(init.headers).get("Authorization") ?? "");
    if (this.refused) return Response.json({ type: "error", code: this.refused }, { status: 401 });
    const commands = String(init.body).split("\n").filter(Boolean).map((line) => JSON.parse(line) as Given & { ref: number });
    const replies = commands.map(({ ref, ...command }) => {
      this.given.push(command);
      return JSON.stringify({ ref, ...this.answer(command) });
    });
    return new Response(replies.reverse().join("\n") + "\n"); // clients must not count on an order
  };

  #scope(): object {
    const manager = {
      getSubscription: async () => (this.subscription?.unsubscribed === false ? this.#subscription(this.subscription) : null),
      subscribe: async () => this.#subscription((this.subscription = { endpoint: "https://push.example/2", unsubscribed: false })),
    };
    return {
      addEventListener: (name: string, listener: (e: object) => void) => this.#listeners.set(name, listener),
      location: new URL("https://chat.example/sw.js"),
      fetch: this.fetch,
      caches: this.caches,
      skipWaiting: async () => void this.skipped++,
      navigator: {
        languages: ["ja-JP", "en"],
        setAppBadge: async (n: number) => void (this.badge = n),
        clearAppBadge: async () => void (this.badge = 0),
      },
      clients: {
        matchAll: async () => this.windows,
        openWindow: async (url: string) => void this.openedURLs.push(url),
        claim: async () => void this.claimed++,
      },
      registration: {
        pushManager: manager,
        showNotification: async (title: string, options: object) => {
          const n = new FakeNotification(title, options);
          this.shown = this.shown.filter((o) => !o.closed && (!n.tag || o.tag !== n.tag));
          this.shown.push(n);
          this.everShown.push(n);
        },
        getNotifications: async ({ tag }: { tag?: string } = {}) => this.standing().filter((n) => !tag || n.tag === tag),
      },
    };
  }

  /** Returns what is on the screen. */
  standing(): FakeNotification[] {
    return (this.shown = this.shown.filter((n) => !n.closed));
  }

  #subscription(s: { endpoint: string; unsubscribed: boolean }): object {
    return {
      endpoint: s.endpoint, options: { applicationServerKey: Uint8Array.from([4, 0, 0]).buffer }, getKey: () => Uint8Array.from([1, 2, 3]).buffer,
      unsubscribe: async () => (s.unsubscribed = true),
    };
  }
}

/** The caches of a browser. */
class FakeCaches {
  readonly all = new Map<string, Map<string, Response>>();

  constructor(readonly browser: Browser) {}

  async keys(): Promise<string[]> {
    return [...this.all.keys()];
  }

  async has(name: string): Promise<boolean> {
    return this.all.has(name);
  }

  async delete(name: string): Promise<boolean> {
    return this.all.delete(name);
  }

  async open(name: string): Promise<object> {
    if (!this.all.has(name)) this.all.set(name, new Map());
    const cache = this.all.get(name)!;
    return {
      put: async (path: string, r: Response) => void cache.set(path, r.clone()),
      addAll: async (paths: string[]) => {
        const got = await Promise.all(paths.map(async (p) => [p, await this.browser.fetch(p)] as const));
        if (got.some(([, r]) => !r.ok)) throw new TypeError("a file is missing");
        for (const [p, r] of got) cache.set(p, r);
      },
    };
  }

  async match(request: string | { url: string }, { cacheName }: { cacheName?: string } = {}): Promise<Response | undefined> {
    const path = typeof request === "string" ? request : new URL(request.url).pathname;
    for (const [name, cache] of this.all) {
      const found = (!cacheName || name === cacheName) && cache.get(path);
      if (found) return found.clone();
    }
    return undefined;
  }
}
