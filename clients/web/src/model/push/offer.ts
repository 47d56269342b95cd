import { signal } from "@preact/signals";

const declinedKey = "natterjack.push.declined";

/** Whether the user is offered to be told on this device. It knows no more, so that the first load stays small. */
export const offered = signal(false);

/** Takes the offer back. With forever, it is not made on this device again; the settings have it. */
export function withdrawOffer({ forever = false } = {}): void {
  offered.value = false;
  if (forever) localStorage.setItem(declinedKey, "1");
}

/** Whether somebody has declined the offer on this device. */
export const declined = (): boolean => localStorage.getItem(declinedKey) !== null;
