import { signal } from "@preact/signals";

const forMs = 4000;

/** What was said last, for screen readers. It is shown for a moment if nothing else shows it. */
export const said = signal<{ text: string; visible: boolean } | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Says something to screen readers, politely. Visible is for a text that has no place of its own on
 * the screen.
 */
export function say(text: string, { visible = false } = {}): void {
  said.value = { text, visible };
  clearTimeout(timer);
  timer = setTimeout(() => (said.value = undefined), forMs);
}
