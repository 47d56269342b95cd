import { signal } from "@preact/signals";
import type { Message } from "./wire.ts";

/** What the composer is about besides a new message: an answer, or an edit. */
export type About = { kind: "reply" | "edit"; message: Message };

/** What the composer of the open conversation is about. */
export const about = signal<About | undefined>(undefined);

/** Asks for the keyboard focus in the composer. It counts up with each call. */
export const focusAsked = signal(0);

/** Gives the keyboard focus to the composer. */
export function focusComposer(): void {
  focusAsked.value = focusAsked.peek() + 1;
}
