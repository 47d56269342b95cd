import { useLayoutEffect } from "preact/hooks";
import { side } from "../model/side.ts";
import { session } from "../model/signin.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { SessionContext } from "../ui/context.ts";
import { said } from "../ui/announce.ts";
import { Overlays, Page, uncover } from "../ui/overlay.tsx";
import { lazy } from "../ui/lazy.tsx";
import { common } from "../words/common.ts";
import { Shell } from "./Shell.tsx";

const Door = lazy(() => import("./Door.tsx").then((m) => m.Door));

/** Shows the whole app: the door, or what a signed-in user sees. */
export function App() {
  const s = session.value;
  useLayoutEffect(() => clear, [s]);
  if (!s) return <><Door /><Said /></>;
  return (
    <SessionContext.Provider value={s} key={s.me}>
      <Page><Boundary instead={() => <Failed />}><Shell /></Boundary></Page>
      <Overlays />
      <Said />
    </SessionContext.Provider>
  );
}

/** Stands for the whole app if a part of it fails. It lets the user begin again, at the list. */
function Failed() {
  const w = common();
  return (
    <main class="quietly">
      <div role="alert">
        <h1>{w.broken}</h1>
        <p>{w.brokenMore}</p>
      </div>
      <p class="choices"><a class="button main" href="/">{w.beginAgain}</a></p>
    </main>
  );
}

/** Closes what a user has opened, so that the next user does not see it. */
function clear(): void {
  uncover();
  side.value = undefined;
  said.value = undefined;
}

/** Tells screen readers what was said last. It is shown if it has no place of its own. */
function Said() {
  const now = said.value;
  return (
    <div class={now?.visible ? "said-now" : "sr"} role="status" aria-live="polite">{now?.text}</div>
  );
}
