import { Icon } from "../../ui/Icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { show } from "../../ui/overlay.tsx";
import { settings } from "../../words/settings.ts";

const Keys = lazy(() => import("../Keys.tsx").then((m) => m.Keys));

/** Shows the way to the list of keys. */
export function Keyboard() {
  return <p><button class="button" type="button" aria-keyshortcuts="Control+/" onClick={() => void show(() => <Keys />)}><Icon name="keyboard" small />{settings().showKeys}</button></p>;
}
