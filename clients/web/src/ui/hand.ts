import { signal } from "@preact/signals";

const narrow = matchMedia("(max-width: 44rem)");

/** Whether there is room for one pane alone, as on a phone. */
export const inHand = signal(narrow.matches);

narrow.addEventListener("change", () => (inHand.value = narrow.matches));
