import { states } from "../words/states.ts";

/** How far a message of this user has got. */
export type MarkState = "waiting" | "stored" | "delivered" | "read" | "failed";

/** Returns the word of a mark. In a group, count says how many members have read it. */
export function wordOf(state: MarkState, count = 0): string {
  const w = states();
  return state === "read" && count > 0 ? w.readBy(count) : w[state];
}

/** Draws how far a message has got: one shape that grows, with its word for screen readers. */
export function Mark({ state, count = 0 }: { state: MarkState; count?: number }) {
  return (
    <svg class={`mark is-${state}`} viewBox="0 0 20 16" role="img" aria-label={wordOf(state, count)}>
      {shapes[state]()}
    </svg>
  );
}

const shapes: Record<MarkState, () => preact.ComponentChild> = {
  waiting: () => <circle cx="13" cy="8" r="4.6" stroke-dasharray="1.5 2.2" />,
  stored: () => <path d="m8.5 8.5 3 3L17.5 5" />,
  delivered: () => <path d="m8.5 8.5 3 3L17.5 5M3.5 8.5l3 3M9 9l3.5-4" />,
  read: () => [
    <rect x=".5" y="1" width="19" height="14" rx="4" class="plate" />,
    <path class="cut-out" d="m9 8.3 2.6 2.7L16.5 5.5M4.3 8.3 7 11M8.2 9.3l3-3.8" />,
  ],
  failed: () => [
    <path class="plate joined" d="M12 2.2 18.2 13H5.8z" />,
    <path class="cut-out" d="M12 6v3M12 11.2v.1" />,
  ],
};
