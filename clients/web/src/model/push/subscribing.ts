// How a browser is asked for the address of its push service. The app does it, and the worker when
// the browser wants it.

import { base64url } from "../base64url.ts";

/** What the server has to know of a browser's subscription. */
export interface Place {
  address: string;
  key: string;
  auth: string;
}

/** Makes a subscription, or finds the one that was made with the same key of the server. */
export async function subscribe(manager: PushManager, key: string): Promise<PushSubscription> {
  const before = await manager.getSubscription();
  if (before && keyOf(before) === key) return before;
  await before?.unsubscribe(); // a browser has only one, and the server cannot use one that was made with another key
  return await manager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
}

/** Returns what the server has to know of a subscription. */
export function placeOf(s: PushSubscription): Place {
  return { address: s.endpoint, key: written(s.getKey("p256dh")), auth: written(s.getKey("auth")) };
}

/** Returns the key of the server with which a subscription was made, in base64url. */
export const keyOf = (s: PushSubscription): string => written(s.options.applicationServerKey);

const written = (bytes: ArrayBuffer | null): string => base64url(new Uint8Array(bytes ?? []));

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
