import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Face } from "../../ui/Face.tsx";
import { Fault } from "../../ui/Fault.tsx";
import { Name } from "../../ui/Name.tsx";
import { settings as words } from "../../words/settings.ts";

const prefix = "block/";

/** Shows the users who are blocked. */
export function Blocked() {
  const { settings, people } = useSession();
  const doing = useDoing();
  const read = useSignal(false);
  const w = words();
  useEffect(() => void doing.run(() => settings.read(prefix)).then((ok) => (read.value = ok)), []);
  const users = settings.names(prefix).map((name) => name.slice(prefix.length)).sort();
  return (
    <>
      {read.value && users.length === 0 && <p class="note soft nothing">{w.nobodyBlocked}</p>}
      <ul class="people">
        {users.map((user) => (
          <li key={user} class="person">
            <Face of={user} name={people.name(user)} />
            <span class="cut"><Name user={user} /> <span class="soft">@{user}</span></span>
            <button class="button small push" type="button" aria-label={w.unblockOf(people.name(user))} disabled={doing.busy.value} onClick={() => void doing.run(() => settings.set(prefix + user, ""))}>{w.unblock}</button>
          </li>
        ))}
      </ul>
      {users.length > 0 && <p class="note soft">{w.blockedNote}</p>}
      <Fault of={doing} />
    </>
  );
}
