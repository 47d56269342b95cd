import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../../ui/Confirm.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { group } from "../../words/group.ts";
import { language } from "../../words/language.ts";

/** Shows the profile of the other user of a direct channel, and whether they are blocked. */
export function Partner({ user }: { user: string }) {
  const { me, people, settings } = useSession();
  const doing = useDoing();
  const { name, status, zone } = people.of(user).value;
  const blocked = settings.of(`block/${user}`).value !== "";
  useEffect(() => void settings.read(`block/${user}`).catch(() => {}), [user]);
  const w = group();
  const block = () => void ask({ title: w.block(name), text: w.blockNote, yes: w.blockShort, danger: true, act: () => settings.set(`block/${user}`, "1") });
  return (
    <>
      <p class="note soft">@{user}</p>
      {status && (!status.until || status.until > Date.now()) && <p class="note" dir="auto">{[status.emoji, status.text].filter(Boolean).join(" ")}</p>}
      {zone && <LocalTime zone={zone} />}
      {user !== me && (blocked
        ? <><p class="note">{w.isBlocked(name)}</p><button class="button small" type="button" disabled={doing.busy.value} onClick={() => void doing.run(() => settings.set(`block/${user}`, ""))}>{w.unblock(name)}</button></>
        : <button class="button quiet small block-them" type="button" onClick={block}><Icon name="ban" small />{w.block(name)}</button>)}
      <Fault of={doing} />
    </>
  );
}

function LocalTime({ zone }: { zone: string }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  const time = clock(zone, now.value);
  return time ? <p class="note soft">{group().localTime(time, zone.replaceAll("_", " "))}</p> : null;
}

/** Returns the time of day in a zone; "" if the browser does not know the zone. */
function clock(zone: string, at: number): string {
  try {
    return new Intl.DateTimeFormat(language.value, { hour: "numeric", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(at);
  } catch {
    return "";
  }
}
