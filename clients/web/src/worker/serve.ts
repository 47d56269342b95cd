import { Clicks } from "./clicked.ts";
import { Renewal } from "./renewal.ts";
import { Server } from "./server.ts";
import { Shell } from "./shell.ts";
import { Telling } from "./told.ts";
import { Windows } from "./windows.ts";
import type { World } from "./world.ts";

/** Lets the worker do its work: it answers all events that the browser sends to it. */
export function serve(world: World): void {
  const { scope } = world;
  const [shell, server, windows] = [new Shell(world), new Server(world), new Windows(world)];
  const telling = new Telling(world, server, windows);
  const [clicks, renewal] = [new Clicks(world, server, windows, telling), new Renewal(world, server)];
  scope.addEventListener("install", (e) => e.waitUntil(shell.install()));
  scope.addEventListener("activate", (e) => e.waitUntil(shell.activate()));
  scope.addEventListener("fetch", (e) => shell.fetch(e));
  scope.addEventListener("push", (e) => e.waitUntil(telling.push(e.data?.text())));
  scope.addEventListener("notificationclick", (e) => {
    e.waitUntil(clicks.click(e.notification, e.action, (e as { reply?: string | null }).reply));
  });
  scope.addEventListener("pushsubscriptionchange", (e) => e.waitUntil(renewal.renew()));
}
