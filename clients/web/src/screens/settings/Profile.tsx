import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { wire } from "natterjack";
import { ownChannel } from "../../model/wire.ts";
import { say } from "../../ui/announce.ts";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Face } from "../../ui/Face.tsx";
import { Fault } from "../../ui/Fault.tsx";
import { useUniqueId } from "../../ui/useUniqueId.ts";
import { common } from "../../words/common.ts";
import { language } from "../../words/language.ts";
import { settings } from "../../words/settings.ts";
import { PictureField } from "../PictureField.tsx";
import { StatusForm } from "./Status.tsx";

/** Sets what others see in the user's profile. */
export function Profile() {
  const { me, people } = useSession();
  const change = useChange();
  const p = people.of(me).value;
  useEffect(() => void change({}).catch(() => {}), []); // shows what other devices have set
  return (
    <>
      <PictureField channel={ownChannel(me)} has={p.picture?.id !== undefined} shape="person" shown={<Face of={me} name={p.name} size="huge" />} onSet={(picture) => change({ picture })} />
      <NameForm />
      <StatusForm status={p.status} onSet={(status) => change({ status })} />
      <Zone zone={p.zone ?? ""} />
    </>
  );
}

/**
 * Returns the function that changes parts of the user's profile. Without any part, the function
 * only reads the profile.
 */
export function useChange(): (part: { name?: string; zone?: string; picture?: wire.Picture; status?: wire.Status }) => Promise<void> {
  const { me, link, people } = useSession();
  return async (part) => {
    if (Object.keys(part).length > 0) await link.request("set_profile", part);
    people.receive((await link.request("get_profiles", { users: [me] })).users);
  };
}

function NameForm() {
  const { me, people } = useSession();
  const known = people.of(me).value;
  const change = useChange();
  const doing = useDoing();
  const given = useSignal<string | undefined>(undefined);
  const w = settings();
  const now = known.name === me ? "" : known.name;
  const changed = given.value !== undefined && given.value.trim() !== now;
  const save = async (e: Event) => {
    e.preventDefault();
    if (!(await doing.run(() => change({ name: given.peek()!.trim() })))) return;
    given.value = undefined;
    say(w.saved);
  };
  return (
    <form class="stack setting-form" onSubmit={(e) => void save(e)}>
      <label class="label">{w.displayName}
        <input class="field" name="display-name" maxLength={wire.maxNameLen} placeholder={w.nameHint} autocomplete="name" value={given.value ?? now} onInput={(e) => (given.value = e.currentTarget.value)} />
      </label>
      <p class="note soft">{w.nameNote(me)}</p>
      <Fault of={doing} />
      {changed && <p class="choices"><button class="button" type="button" onClick={() => (given.value = undefined)}>{common().cancel}</button><button class="button main" disabled={doing.busy.value}>{common().save}</button></p>}
    </form>
  );
}

function Zone({ zone }: { zone: string }) {
  const change = useChange();
  const doing = useDoing();
  const id = useUniqueId();
  const w = settings();
  const here = new Intl.DateTimeFormat(language.value).resolvedOptions().timeZone;
  const all = Intl.supportedValuesOf("timeZone");
  const offered = zone && !all.includes(zone) ? [zone, ...all] : all;
  return (
    <div class="setting">
      <div><h3 id={id}>{w.zone}</h3><p>{w.zoneNote}</p></div>
      <select class="button" aria-labelledby={id} value={zone} disabled={doing.busy.value} onChange={(e) => { const zone = e.currentTarget.value; void doing.run(() => change({ zone })); }}>
        <option value="">{w.noZone}</option>
        {here && <option value={here}>{w.thisZone(here.replaceAll("_", " "))}</option>}
        {offered.filter((z) => z !== here).map((z) => <option key={z} value={z}>{z.replaceAll("_", " ")}</option>)}
      </select>
      <Fault of={doing} />
    </div>
  );
}
