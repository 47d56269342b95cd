// How notifications for a user end on this device. The app may need it before the rest of the part
// about push is loaded.

import { openOwners, type Owners } from "./owner.ts";
import { registration } from "./worker.ts";

/** The parts of the browser that are used. */
interface Place {
  owners: Owners;
  registration(): Promise<Pick<ServiceWorkerRegistration, "pushManager" | "getNotifications">>;
}

/** Makes changes to who gets notifications on this device, one change after the other. */
export const alone = <T>(act: () => Promise<T>): Promise<T> =>
  "locks" in navigator ? (navigator.locks.request("natterjack.push", act) as Promise<T>) : act();

/**
 * Ends the notifications on this device for now, because the sign-in has ended by itself. When the
 * user is back they go on.
 */
export async function pause(user: string, back: () => boolean): Promise<void> {
  const owners = openOwners();
  try {
    await endUnless(back, user, { owners, registration, alone });
  } finally {
    void owners.close();
  }
}

/**
 * Ends the notifications on this device, unless the user is back by then. An end that has begun is
 * done before notifications begin anew. Otherwise it would remove the new subscription.
 */
export async function endUnless(back: () => boolean, user: string, place: Place & { alone(act: () => Promise<void>): Promise<void> }): Promise<void> {
  await place.alone(async () => void (back() || (await forget(user, place))));
}

/**
 * Removes the subscription from this browser, if it is the user's, and the notifications that are
 * shown. It must run alone.
 */
export async function forget(user: string, { owners, registration }: Place): Promise<void> {
  if ((await owners.get())?.user !== user) return;
  await owners.remove();
  const here = await registration();
  for (const n of await here.getNotifications()) n.close();
  await (await here.pushManager.getSubscription())?.unsubscribe();
}
