import { within, type World } from "./world.ts";

const prefix = "natterjack-shell-";
const builds = 3; // builds that are kept; windows of an older one may still load parts of it
const patience = 4000; // milliseconds for a page over a network that hardly works

/** The addresses of the app. The server answers each of them with the same page. */
const pages = /^\/(c\/.*|settings(\/.*)?|join\/.*)?$/;

/**
 * Keeps the app on the device, so that it opens without a network. The page comes from the network
 * whenever that answers, so no user sees an old build. All other files are named by their content.
 */
export class Shell {
  constructor(readonly world: World) {}

  /** Takes in the build, whole or not at all. */
  async install(): Promise<void> {
    const { scope, build } = this.world;
    const before = await scope.caches.has(this.#name); // another worker of the same build has opened it, and may be at work
    const cache = await scope.caches.open(this.#name);
    try {
      const page = await scope.fetch("/", { cache: "no-cache" });
      // A node of another build may have answered. Its page would name files that are not here.
      const text = await page.clone().text();
      if (!page.ok || !build.named.every((file) => text.includes(file))) throw new Error("the page is not of this build");
      await cache.addAll(build.files);
      await cache.put("/", page);
    } catch (error) {
      if (!before) await scope.caches.delete(this.#name);
      throw error; // the browser tries again later
    }
    await scope.skipWaiting(); // every file has one content only, so windows of older builds miss nothing
  }

  /** Serves the windows that are open, and forgets builds that no open window can have. */
  async activate(): Promise<void> {
    const { scope } = this.world;
    const kept = (await scope.caches.keys()).filter((name) => name.startsWith(prefix) && name !== this.#name);
    await Promise.all(kept.slice(0, Math.max(0, kept.length - builds + 1)).map((name) => scope.caches.delete(name)));
    await scope.registration.navigationPreload?.enable();
    await scope.clients.claim();
  }

  /** Answers requests for parts of the app, and leaves everything else to the browser. */
  fetch(e: FetchEvent): void {
    const { request } = e;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== this.world.scope.location.origin) return;
    if (request.mode === "navigate") {
      if (pages.test(url.pathname)) e.respondWith(this.#page(e));
    } else if (url.pathname.startsWith("/assets/")) e.respondWith(this.#file(request));
    else if (url.pathname.startsWith("/app/")) e.respondWith(this.#icon(request));
  }

  async #page(e: FetchEvent): Promise<Response> {
    const { scope } = this.world;
    const network = this.#fromNetwork(e);
    e.waitUntil(network.catch(() => {}));
    const kept = await scope.caches.match("/", { cacheName: this.#name });
    if (!kept) return await network;
    const answer = await within(patience, network).catch(() => undefined);
    return !answer || answer.status >= 500 ? kept : answer; // a proxy answers with such a status while the server starts again
  }

  async #fromNetwork(e: FetchEvent): Promise<Response> {
    return ((await e.preloadResponse) as Response | undefined) ?? (await this.world.scope.fetch(e.request));
  }

  async #file(request: Request): Promise<Response> {
    const { scope } = this.world;
    return (await scope.caches.match(request, { ignoreVary: true })) ?? (await scope.fetch(request));
  }

  /**
   * Returns an icon. It comes from the network first, because an icon of another build has the same
   * address.
   */
  async #icon(request: Request): Promise<Response> {
    const { scope } = this.world;
    try {
      return await scope.fetch(request);
    } catch (error) {
      const kept = await scope.caches.match(request, { ignoreVary: true });
      if (kept) return kept;
      throw error;
    }
  }

  get #name(): string {
    return prefix + this.world.build.version;
  }
}
