// The service worker of a window, as Chromium lets a test reach it.

import { until } from "./server.mjs";

export class Worker {
  /** Waits until the worker of a window serves it. */
  static async of(person) {
    const { page, context } = person;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    const cdp = await context.newCDPSession(page);
    const origin = new URL(page.url()).origin;
    let registration;
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      registration = registrations.find((r) => r.scopeURL === origin + "/" && !r.isDeleted)?.registrationId ?? registration;
    });
    await cdp.send("ServiceWorker.enable");
    await until("the browser names the registration", () => registration !== undefined);
    await until("the page is served by the worker", () => page.evaluate(() => navigator.serviceWorker.controller !== null));
    return new Worker(person, cdp, origin, registration);
  }

  constructor(person, cdp, origin, registration) { Object.assign(this, { person, cdp, origin, registration }); }

  /** Delivers a push, with a payload or any text. */
  push(payload) {
    const data = typeof payload === "string" ? payload : JSON.stringify(payload);
    return this.cdp.send("ServiceWorker.deliverPushMessage", { origin: this.origin, registrationId: this.registration, data });
  }

  /** Returns the notifications that are shown. */
  shown(page = this.person.page) {
    return page.evaluate(async () => {
      const all = await (await navigator.serviceWorker.ready).getNotifications();
      return all.map((n) => ({ title: n.title, body: n.body, tag: n.tag, silent: n.silent, renotify: n.renotify, actions: n.actions?.map((a) => a.action) }));
    });
  }

  /**
   * Presses a notification, or a button of it. A browser lets only a person do so. So the test
   * makes the event in the worker, which cannot tell it from a real one. Such an event may not open
   * a window.
   */
  async click(tag, action = "", reply = null) {
    const worker = this.person.context.serviceWorkers().find((w) => w.url().startsWith(this.origin));
    return await worker.evaluate(async ({ tag, action, reply }) => {
      const [notification] = await self.registration.getNotifications({ tag });
      if (!notification) throw new Error(`nothing is shown as ${tag}`);
      const event = new NotificationEvent("notificationclick", { notification, action });
      const work = [];
      Object.defineProperty(event, "waitUntil", { value: (p) => work.push(p) });
      Object.defineProperty(event, "reply", { value: reply });
      self.dispatchEvent(event);
      return (await Promise.allSettled(work)).map((w) => w.reason?.message ?? "");
    }, { tag, action, reply });
  }
}
