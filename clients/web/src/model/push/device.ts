import { signal } from "@preact/signals";
import { newPushID } from "natterjack";
import { newer } from "../grant.ts";
import type { Identity } from "../identity.ts";
import type { Link } from "../link.ts";
import type { Owners } from "./owner.ts";
import { forget } from "./pause.ts";
import { placeOf, subscribe } from "./subscribing.ts";
import type { PushState, Subscription, Tested } from "./wire.ts";

/** Whether this device gets notifications, and if not, why. */
export type DeviceState =
  | { kind: "unknown" }
  /** The server sends no notifications to browsers. */
  | { kind: "server"; reason: string }
  /**
   * This browser cannot show notifications: it does not support push, the page is not safe, or the
   * app must be installed first.
   */
  | { kind: "unsupported"; why: "browser" | "insecure" | "install" }
  /** The person has forbidden notifications in the browser. */
  | { kind: "denied" }
  | { kind: "off" }
  /** Another user gets notifications here. A browser has only one subscription. */
  | { kind: "other"; user: string }
  /**
   * The user wants notifications here, and gets none, because the browser or the push service has
   * lost the subscription.
   */
  | { kind: "lost" }
  | { kind: "on"; subscription: Subscription };

/** The parts of the browser that a device uses, so that a test can be the browser. */
export interface Browser {
  owners: Owners;
  support(): Extract<DeviceState, { kind: "unsupported" }>["why"] | undefined;
  permission(): NotificationPermission;
  /** Asks the person. Browsers let a page do so only when the person has pressed something. */
  ask(): Promise<NotificationPermission>;
  registration(): Promise<Pick<ServiceWorkerRegistration, "pushManager" | "getNotifications">>;
  identity(): Identity | undefined;
  language(): "en" | "ja";
  /** The name that people have for such a device. */
  label: string;
  /** Does something alone: no other window does the same at that time. */
  alone<T>(act: () => Promise<T>): Promise<T>;
}

const patience = 5000; // for signing out

/** This device, as a place where a user may get notifications. */
export class Device {
  readonly state = signal<DeviceState>({ kind: "unknown" });
  /** What the server says of push, to any device. It is undefined until the server was asked. */
  readonly server = signal<PushState | undefined>(undefined);
  readonly #wishKey: string;

  constructor(readonly me: string, readonly link: Pick<Link, "request">, readonly browser: Browser) {
    this.#wishKey = `natterjack.push.${me}`;
  }

  /**
   * The id of the subscription of this device, once the server has it. It is undefined if the user
   * does not want notifications here.
   */
  get id(): string | undefined {
    return localStorage.getItem(this.#wishKey) ?? undefined;
  }

  /**
   * Finds out the state of this device. If the user has removed it on another device, its
   * notifications end here too.
   */
  async look(): Promise<void> {
    const { id } = this; // it may be another one once the server has answered
    this.server.value = await this.link.request("get_push", {});
    if (id && id === this.id && !this.server.value.subscriptions.some((s) => s.id === id)) {
      localStorage.removeItem(this.#wishKey);
      await this.browser.alone(() => forget(this.me, this.browser));
    }
    this.state.value = await this.#found(this.server.value);
  }

  /**
   * Renews the subscription at every start of the app, because push services change addresses, and
   * the server may have another key. If the person has forbidden notifications meanwhile, the
   * subscription ends.
   */
  async renew(): Promise<void> {
    await this.look();
    const id = this.id;
    if (!id || !["on", "lost", "denied", "off"].includes(this.state.peek().kind)) return;
    if (this.browser.permission() !== "granted") await this.browser.alone(() => this.#end(id));
    else await this.browser.alone(async () => {
      if (this.id === id) await this.#subscribe(id, this.state.peek().kind === "lost"); // the user may have signed out meanwhile
    });
    await this.look();
  }

  /**
   * Turns notifications on for this device. It throws if the browser or its push service does not
   * allow it.
   */
  async turnOn(): Promise<void> {
    if ((await this.browser.ask()) !== "granted") return await this.look();
    await this.browser.alone(() => this.#subscribe(this.id ?? newPushID(), this.state.peek().kind === "lost"));
    await this.look();
  }

  /** Turns notifications off for this device. */
  async turnOff(): Promise<void> {
    const id = this.id;
    if (id) await this.browser.alone(() => this.#end(id));
    await this.look();
  }

  /** Turns notifications off for another device. */
  async remove(id: string): Promise<void> {
    if (id === this.id) return await this.turnOff();
    await this.link.request("unsubscribe_push", { id });
    await this.look();
  }

  /** Sends a test to a device now, and returns what its push service says. */
  async test(id: string): Promise<Tested> {
    const tested = await this.link.request("test_push", { id });
    await this.look();
    return tested;
  }

  /**
   * Ends all that is of this user on this device, because they sign out. It does not take long. It
   * returns the token that the worker had, which is to be revoked with those of the windows.
   */
  async signOut(): Promise<Identity | undefined> {
    const owner = await this.browser.owners.get().catch(() => undefined);
    const end = () => (this.id ? this.#end(this.id) : forget(this.me, this.browser));
    const ended = this.browser.alone(end).catch(() => {}); // after any work that would turn notifications on again
    await Promise.race([ended, new Promise((done) => setTimeout(done, patience))]);
    return owner?.user === this.me ? owner : undefined;
  }

  async #found(server: PushState): Promise<DeviceState> {
    const { browser } = this;
    const why = browser.support();
    if (why) return { kind: "unsupported", why };
    if (!server.kinds.includes("web")) return { kind: "server", reason: server.reason ?? "off" };
    if (browser.permission() === "denied") return { kind: "denied" };
    const owner = await browser.owners.get();
    if (owner && owner.user !== this.me) return { kind: "other", user: owner.user };
    const id = this.id;
    if (!id || browser.permission() !== "granted") return { kind: "off" };
    const { pushManager } = await browser.registration();
    const here = await pushManager.getSubscription();
    const subscription = server.subscriptions.find((s) => s.id === id);
    return here && owner && subscription && subscription.state !== "gone" ? { kind: "on", subscription } : { kind: "lost" };
  }

  /**
   * Subscribes at the push service, and says so to the server. With anew, the old subscription is
   * replaced.
   */
  async #subscribe(id: string, anew: boolean): Promise<void> {
    const { browser } = this;
    const identity = browser.identity();
    const key = this.server.peek()?.key;
    if (!identity || !key) return;
    const { pushManager } = await browser.registration();
    const before = await browser.owners.get();
    // A subscription that another user had ends here, even if that user is gone. The server may
    // still send to it.
    if (anew || before?.user !== this.me) await (await pushManager.getSubscription())?.unsubscribe();
    const place = placeOf(await subscribed(pushManager, key));
    const [language, label] = [browser.language(), browser.label];
    await browser.owners.put({ ...newer(identity, await browser.owners.get()), id, key, language, label });
    await this.link.request("subscribe_push", { id, kind: "web", label, language, ...place });
    localStorage.setItem(this.#wishKey, id); // an id that the server does not have was removed
  }

  async #end(id: string): Promise<void> {
    localStorage.removeItem(this.#wishKey);
    const told = this.link.request("unsubscribe_push", { id });
    told.catch(() => {}); // it may fail before any code waits for it
    await forget(this.me, this.browser).catch(() => {});
    await told;
  }
}

async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  try {
    return await subscribe(manager, key);
  } catch (error) {
    throw Object.assign(new Error("the browser's push service refuses"), { code: "push_service", cause: error });
  }
}
