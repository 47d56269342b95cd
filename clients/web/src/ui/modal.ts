// What the platform does for a modal dialog, without its cost. showModal makes everything behind
// the dialog inert, and that changes styles: the style of each element of the page is computed anew
// before the dialog is on the screen. With a hundred messages that takes 65 ms, and show takes 4
// ms.

import { composing } from "./keys.ts";

/**
 * Keeps focus in a dialog that is open, as long as no other one lies over it. Esc, a press beside
 * it, and the back gesture of a phone close it. The signal ends that.
 */
export function keepWithin(dialog: HTMLDialogElement, close: () => void, signal: AbortSignal): void {
  const onTop = () => [...document.querySelectorAll("dialog[open]")].at(-1) === dialog;
  dialog.setAttribute("closedby", "closerequest"); // some browsers tell of the back gesture
  document.addEventListener("keydown", (e) => {
    if (composing(e) || e.defaultPrevented || !onTop()) return;
    if (e.key === "Tab") round(e, dialog);
    if (e.key !== "Escape") return;
    e.preventDefault();
    close();
  }, { signal });
  document.addEventListener("focusin", ({ target }) => {
    if (!onTop() || dialog.contains(target as Element)) return;
    const [first] = stops(dialog);
    if (first) first.focus();
    else (target as HTMLElement).blur();
  }, { signal });
  dialog.parentElement!.addEventListener("pointerdown", (e) => {
    if (e.target === e.currentTarget) close();
  }, { signal });
  dialog.addEventListener("cancel", (e) => {
    e.preventDefault();
    close();
  }, { signal });
  dialog.addEventListener("close", close, { signal });
}

/** Makes Tab go from the last stop of a dialog to the first, and back. */
function round(e: KeyboardEvent, dialog: HTMLDialogElement): void {
  const all = stops(dialog);
  const [from, to] = e.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
  const here = document.activeElement;
  if (here !== from && all.length > 0) return;
  if (here?.matches("audio, video")) return; // it has stops of its own
  e.preventDefault();
  to?.focus();
}

/** Returns where Tab stops in a dialog, in order. */
function stops(dialog: HTMLDialogElement): HTMLElement[] {
  const all = dialog.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, audio, video, [tabindex]");
  return [...all].filter((e) => e.tabIndex >= 0 && !e.matches(":disabled") && e.checkVisibility() && !passed(e, dialog));
}

/** Tells whether Tab passes a radio button, because another one of its group is chosen. */
function passed(e: HTMLElement, dialog: HTMLDialogElement): boolean {
  if (!(e instanceof HTMLInputElement) || e.type !== "radio" || e.checked) return false;
  return [...dialog.querySelectorAll<HTMLInputElement>("input[type=radio]:checked")].some((other) => other.name === e.name);
}
