import { signal } from "@preact/signals";

/** What the pane beside a conversation shows. */
export type SidePane = "details" | "pins" | "search" | "gallery" | "members" | "manage";

/** The open pane; undefined if there is none. */
export const side = signal<SidePane | undefined>(undefined);

/** Opens a pane, or closes it if it is open. */
export function toggleSide(pane: SidePane): void {
  side.value = side.peek() === pane ? undefined : pane;
}
