import { go, route } from "../model/route.ts";
import type { Session } from "../model/session.ts";
import { toggleSide } from "../model/side.ts";
import { composing } from "../ui/keys.ts";
import { lazy } from "../ui/lazy.tsx";
import { covered, show } from "../ui/overlay.tsx";

const Finder = lazy(() => import("./Finder.tsx").then((m) => m.Finder), { early: "idle" });
const NewGroup = lazy(() => import("./NewGroup.tsx").then((m) => m.NewGroup));
const Keys = lazy(() => import("./Keys.tsx").then((m) => m.Keys));

/** Opens the finder over people and groups. */
export const openFinder = (): Promise<void> => show(() => <Finder />);

/** Opens the dialog that makes a group. */
export const openNewGroup = (): Promise<void> => show(() => <NewGroup />);

/** Handles the keys that work everywhere. */
export function shortcut(e: KeyboardEvent, session: Session): void {
  if (composing(e) || covered()) return;
  const name = `${e.ctrlKey || e.metaKey ? "Ctrl " : ""}${e.altKey ? "Alt " : ""}${e.shiftKey ? "Shift " : ""}${e.key.length === 1 ? e.key.toUpperCase() : e.key}`;
  const does: Record<string, (() => void) | undefined> = {
    "Ctrl K": () => void openFinder(),
    "Ctrl F": () => searchHere(session),
    "Ctrl Shift F": () => session.search.open(""),
    "Ctrl I": inTalk() ? () => toggleSide("details") : undefined,
    "Ctrl ,": () => go({ screen: "settings" }),
    "Ctrl /": () => void show(() => <Keys />),
    "Alt ArrowUp": () => neighbour(session, -1, false),
    "Alt ArrowDown": () => neighbour(session, 1, false),
    "Alt Shift ArrowUp": () => neighbour(session, -1, true),
    "Alt Shift ArrowDown": () => neighbour(session, 1, true),
  };
  const doing = does[name];
  if (!doing) return;
  e.preventDefault();
  doing();
}

/** Opens the search, narrowed to the open conversation if there is one. */
export function searchHere({ search }: Session): void {
  const at = route.peek();
  search.open(at.screen === "talk" ? at.channel : "");
}

const inTalk = (): boolean => route.peek().screen === "talk";

/** Goes to the next channel of the list in a direction, or to the next one with unread messages. */
function neighbour(session: Session, step: 1 | -1, unread: boolean): void {
  const all = inOrder(session);
  const at = route.peek();
  let i = at.screen === "talk" ? all.indexOf(at.channel) : step > 0 ? -1 : all.length;
  for (i += step; i >= 0 && i < all.length; i += step) {
    if (unread && !session.channels.get(all[i]!)?.unread) continue;
    return go({ screen: "talk", channel: all[i]! });
  }
}

/** Returns the ids as the list shows them, the pinned channels first. */
export function inOrder({ channels }: Session): string[] {
  const all = channels.order.value;
  const top = all.filter((id) => channels.get(id)?.top);
  return [...top, ...all.filter((id) => !channels.get(id)?.top)];
}
