import { useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { route } from "../model/route.ts";
import { offered } from "../model/push/offer.ts";
import { side } from "../model/side.ts";
import { afterPaint } from "../ui/afterpaint.ts";
import { useSession } from "../ui/context.ts";
import { lazy } from "../ui/lazy.tsx";
import { list } from "../words/list.ts";
import { Icon } from "../ui/Icon.tsx";
import { Scene } from "../ui/Scene.tsx";
import { List } from "./List.tsx";
import { openFinder, openNewGroup, shortcut } from "./shortcuts.tsx";

const Talk = lazy(() => import("./Talk.tsx").then((m) => m.Talk), { early: true, until: () => <main class="talk" /> });
const Side = lazy(() => import("./Side.tsx").then((m) => m.Side));
const Settings = lazy(() => import("./Settings.tsx").then((m) => m.Settings));
const PushOffer = lazy(() => import("./PushOffer.tsx").then((m) => m.PushOffer));
const Join = lazy(() => import("./Join.tsx").then((m) => m.Join));

/** Shows the frame of the app: the list, the place that is open, and the side. */
export function Shell() {
  const session = useSession();
  const at = useLater(route);
  useLayoutEffect(() => { // a user who sees the list may press a key
    const key = (e: KeyboardEvent) => shortcut(e, session);
    addEventListener("keydown", key);
    document.addEventListener("click", followLocalLinks);
    return () => {
      removeEventListener("keydown", key);
      document.removeEventListener("click", followLocalLinks);
    };
  }, [session]);
  useEffect(() => {
    if (at.screen !== "talk") session.show("");
  }, [at.screen]);
  if (at.screen === "join") return <Join key={at.secret} channel={at.channel} secret={at.secret} />;
  return (
    <div class="app" data-pane={at.screen === "list" || (at.screen === "settings" && !at.section) ? "list" : "talk"}>
      {at.screen !== "settings" && <List />}
      {at.screen === "talk" && <Talk key={at.channel} id={at.channel} seq={at.seq} />}
      {at.screen === "settings" && <Settings section={at.section} />}
      {at.screen === "list" && <Nothing />}
      {offered.value && <PushOffer />}
      {at.screen === "talk" && side.value && <Side pane={side.value} channel={at.channel} />}
      {at.screen === "list" && side.value === "search" && <Side pane="search" channel="" />}
    </div>
  );
}

/**
 * Follows a signal, a frame later. The list marks at once where the user goes. The place itself
 * takes longer to draw, and does not hold that back.
 */
function useLater<T>(now: ReadonlySignal<T>): T {
  const shown = useSignal(now.peek());
  useSignalEffect(() => {
    const next = now.value;
    if (next !== shown.peek()) return afterPaint(() => (shown.value = next));
  });
  return shown.value;
}

/** Stands in the place of a conversation while none is open. */
function Nothing() {
  const { channels } = useSession();
  const w = list();
  const empty = channels.ready.value && channels.order.value.length === 0;
  return (
    <main class="talk">
      <div class="quietly">
        <Scene />
        <h1>{empty ? w.quiet : w.pick}</h1>
        {empty && <p>{w.quietMore}</p>}
        <p class="choices">
          <button class="button main" type="button" onClick={() => void openFinder()}><Icon name="square-pen" small />{w.writeTo}</button>
          <button class="button" type="button" onClick={() => void openNewGroup()}><Icon name="users" small />{w.newGroup}</button>
        </p>
      </div>
    </main>
  );
}

/** Follows links within the app without loading it anew. */
function followLocalLinks(e: MouseEvent): void {
  const a = (e.target as Element).closest?.("a[data-local]") as HTMLAnchorElement | null;
  if (!a || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  e.preventDefault();
  history.pushState(null, "", a.href);
  dispatchEvent(new PopStateEvent("popstate"));
}
