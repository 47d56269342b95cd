import { soundOf, titleCounts } from "../../model/notices.ts";
import type { Sound } from "../../model/sounds.ts";
import { Choice } from "../../ui/Choice.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { show } from "../../ui/overlay.tsx";
import { push } from "../../words/push.ts";
import { settings } from "../../words/settings.ts";
import { Devices } from "./push/Devices.tsx";
import { Mail } from "./push/Mail.tsx";
import { Shows } from "./push/Shows.tsx";
import { When } from "./push/When.tsx";
import { Which } from "./push/Which.tsx";

const Why = lazy(() => import("./push/Why.tsx").then((m) => m.Why));

/**
 * Sets where, of what and when the user gets notifications, and how the app signals new messages.
 */
export function Notifications() {
  const session = useSession();
  const doing = useDoing();
  const w = settings();
  const choose = (sound: Sound) => {
    void doing.run(() => session.notices.setSound(sound));
    import("../../model/sounds.ts").then((s) => s.play(sound)).catch(() => {});
  };
  return (
    <>
      <Devices />
      <Which />
      <When />
      <Shows />
      <Mail />
      <Choice<Sound> title={w.sound} note={w.soundNote} value={soundOf(session.settings)} onChange={choose} choices={[["frog", w.sounds.frog], ["drop", w.sounds.drop], ["none", w.sounds.none]]} />
      <Switch title={w.titleCount} note={w.titleNote} on={titleCounts(session.settings)} onChange={(on) => void doing.run(() => session.notices.setTitleCounts(on))} />
      <div class="setting">
        <div><h3>{push().why}</h3><p>{push().whyNote}</p></div>
        <button class="button" type="button" aria-haspopup="dialog" onClick={() => void show(() => <Why />)}>{push().whyOpen}</button>
      </div>
      <Fault of={doing} />
    </>
  );
}
