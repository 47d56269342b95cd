// How this device stops telling a user. The app may need it before the rest of that part is loaded.

import { openOwners, type Owners } from "./owner.ts";
import { registration } from "./worker.ts";

/** What is touched of the browser. */
interface Place {
  owners: Owners;
  registration(): Promise<Pick<ServiceWorkerRegistration, "pushManager" | "getNotifications">>;
}

/**
 * Ends that this device is told for now, because the sign-in has ended by itself. When the user is
 * back it goes on.
 */
export async function pause(user: string): Promise<void> {
  const owners = openOwners();
  try {
    await forget(user, { owners, registration });
  } finally {
    void owners.close();
  }
}

/** Removes what this browser has of the subscription, if it is the user's, and what it shows. */
export async function forget(user: string, { owners, registration }: Place): Promise<void> {
  if ((await owners.get())?.user !== user) return;
  await owners.remove();
  const here = await registration();
  for (const n of await here.getNotifications()) n.close();
  await (await here.pushManager.getSubscription())?.unsubscribe();
}
