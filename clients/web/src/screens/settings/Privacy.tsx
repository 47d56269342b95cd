import { useEffect } from "preact/hooks";
import { unseenName } from "../../model/unseen.ts";
import { Choice } from "../../ui/Choice.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { settings as words } from "../../words/settings.ts";

const receipts = "privacy/receipts";
const lastSeen = "privacy/last_seen";
type Seen = "everyone" | "contacts" | "nobody";

/** Sets what others see of the user. */
export function Privacy() {
  const { settings } = useSession();
  const doing = useDoing();
  const w = words();
  useEffect(() => void doing.run(() => settings.read("privacy/")), []);
  const set = (name: string, value: string) => void doing.run(() => settings.set(name, value));
  return (
    <>
      <Switch title={w.receipts} note={w.receiptsNote} on={settings.of(receipts).value !== "off"} onChange={(on) => set(receipts, on ? "" : "off")} />
      <Choice<Seen>
        title={w.lastSeen} note={w.contactsNote} value={(settings.of(lastSeen).value || "everyone") as Seen} onChange={(v) => set(lastSeen, v)}
        choices={[["everyone", w.seenBy.everyone], ["contacts", w.seenBy.contacts], ["nobody", w.seenBy.nobody]]}
      />
      <Switch title={w.unseen} note={w.unseenNote} on={settings.of(unseenName).value !== ""} onChange={(on) => set(unseenName, on ? "1" : "")} />
      <Fault of={doing} />
    </>
  );
}
