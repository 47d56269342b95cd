import { device } from "../../../model/push/here.ts";
import { notify } from "../../../model/push/names.ts";
import { useSession } from "../../../ui/context.ts";
import { useDoing } from "../../../ui/doing.ts";
import { Fault } from "../../../ui/Fault.tsx";
import { Switch } from "../../../ui/Switch.tsx";
import { push } from "../../../words/push.ts";

/**
 * Sets whether the user gets a mail about messages that they have missed, if the server sends
 * mails.
 */
export function Mail() {
  const { settings } = useSession();
  const doing = useDoing();
  const w = push();
  const mail = device.value?.server.value?.mail;
  const on = settings.of(notify.mail).value === "1";
  if (!mail && !on) return null;
  const known = mail === "ready";
  return (
    <>
      <Switch
        title={w.mail} note={known ? w.mailNote : w.mailNoAddress} on={on} disabled={!known && !on}
        onChange={(wanted) => void doing.run(() => settings.set(notify.mail, wanted ? "1" : ""))}
      />
      <Fault of={doing} />
    </>
  );
}
