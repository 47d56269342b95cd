import { signal } from "@preact/signals";

const declinedKey = "natterjack.push.declined";

/**
 * Whether the user is offered notifications on this device. This file does no more, so that the
 * first load stays small.
 */
export const offered = signal(false);

/**
 * Takes the offer back. With forever, it is not made on this device again. Notifications can still
 * be turned on in the settings.
 */
export function withdrawOffer({ forever = false } = {}): void {
  offered.value = false;
  if (forever) localStorage.setItem(declinedKey, "1");
}

/** Tells whether a user has declined the offer on this device. */
export const declined = (): boolean => localStorage.getItem(declinedKey) !== null;
