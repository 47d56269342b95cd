// How this device stops telling a user. The app may need it before the rest of that part is loaded.

import { openOwners, type Owners } from "./owner.ts";
import { registration } from "./worker.ts";

/** What is touched of the browser. */
interface Place {
  owners: Owners;
  registration(): Promise<Pick<ServiceWorkerRegistration, "pushManager" | "getNotifications">>;
}

/** Changes who is told on this device, one change after the other. */
export const alone = <T>(act: () => Promise<T>): Promise<T> =>
  "locks" in navigator ? (navigator.locks.request("natterjack.push", act) as Promise<T>) : act();

/** Ends that this device is told for now, because the sign-in has ended by itself. When the user is back it goes on. */
export async function pause(user: string, back: () => boolean): Promise<void> {
  const owners = openOwners();
  try {
    await endUnless(back, user, { owners, registration, alone });
  } finally {
    void owners.close();
  }
}

/**
 * Ends that this device is told, unless the user is back by then. What has begun to end does so before
 * the device is told anew: or it would take the new subscription with it.
 */
export async function endUnless(back: () => boolean, user: string, place: Place & { alone(act: () => Promise<void>): Promise<void> }): Promise<void> {
  await place.alone(async () => void (back() || (await forget(user, place))));
}

/** Removes what this browser has of the subscription, if it is the user's, and what it shows. It is done alone. */
export async function forget(user: string, { owners, registration }: Place): Promise<void> {
  if ((await owners.get())?.user !== user) return;
  await owners.remove();
  const here = await registration();
  for (const n of await here.getNotifications()) n.close();
  await (await here.pushManager.getSubscription())?.unsubscribe();
}
