import type { wire } from "natterjack";
import { placeOf, subscribe } from "../model/push/subscribing.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

const patience = 30_000; // milliseconds for the server

/** Subscribes anew when the browser has changed the subscription, or given it up. */
export class Renewal {
  constructor(readonly world: World, readonly server: Server) {}

  /**
   * Subscribes anew. If anything fails, the app does the same when it is next opened. A
   * subscription that its user has removed on another device is not made again.
   */
  async renew(): Promise<void> {
    const owner = await this.world.owners.get();
    if (!owner) return;
    const { id, key, language, label } = owner;
    const [push] = await this.server.give(owner, [{ type: "get_push" }], patience);
    const known = push?.subscriptions as readonly wire.PushSubscription[] | undefined;
    if (!known?.some((s) => s.id === id)) return;
    const place = placeOf(await subscribe(this.world.scope.registration.pushManager, key));
    const command = { type: "subscribe_push", client_id: crypto.randomUUID(), id, kind: "web", label, language, ...place };
    await this.server.give(owner, [command], patience);
  }
}
