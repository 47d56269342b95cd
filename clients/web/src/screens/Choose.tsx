import { useSignal } from "@preact/signals";
import type { wire } from "natterjack";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { faceOf } from "../model/channels.ts";
import { rank } from "../model/matching.ts";
import { titleOf } from "../model/naming.ts";
import { isDirect, partnerIn } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { composing } from "../ui/keys.ts";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { common } from "../words/common.ts";
import { langOf } from "../words/language.ts";
import { list } from "../words/list.ts";
import { search as words } from "../words/search.ts";

const most = 12;
const last = 99; // the rank of values that only the server matches

interface Option {
  value: string;
  names: string[];
  face: ComponentChildren;
}

/** Lets a user choose one of the people with whom they share a channel. */
export function ChoosePerson({ onChoose }: { onChoose: (user: string) => void }) {
  const { me, people, link } = useSession();
  const more = useSignal<readonly wire.PersonMatch[]>([]);
  const w = words();
  const known = [me, ...people.all().map((p) => p.user)];
  const options = [...new Set([...known, ...more.value.map((p) => p.user)])].map((user) => {
    const name = more.value.find((p) => p.user === user)?.name || people.name(user);
    return { value: user, names: [user === me ? `${name} (${common().you})` : name, user], face: <Face of={user} name={name} size="tiny" /> };
  });
  const look = (query: string) => {
    if (query) link.request("find", { query, limit: most }).then((found) => (more.value = found.people), () => {}); // the people who are known stay
  };
  return <Choose label={w.pick.from} field={w.person} icon="user" options={options} more={more.value.map((p) => p.user)} onQuery={look} onChoose={onChoose} />;
}

/**
 * Lets a user choose one of their conversations: a group by its name, a direct one by the other
 * user.
 */
export function ChooseChannel({ onChoose }: { onChoose: (name: string) => void }) {
  const session = useSession();
  const w = words();
  const options = session.channels.listed().map((c) => {
    const title = titleOf(c, session.people);
    const partner = partnerIn(c.id, session.me);
    return {
      value: partner ?? (c.name || c.id),
      names: [title, ...(partner ? [partner] : [])],
      face: <Face of={faceOf(c, session.me)} name={title} shape={isDirect(c.id) ? "person" : "group"} size="tiny" />,
    };
  });
  return <Choose label={w.pick.in} field={w.conversation} icon="message-circle" options={options} onChoose={onChoose} />;
}

interface ChooseProps {
  label: string;
  field: string;
  icon: IconName;
  options: readonly Option[];
  /** The values that the server has found. The server matches names in more ways than the app. */
  more?: readonly string[];
  onQuery?: (query: string) => void;
  onChoose: (value: string) => void;
}

function Choose({ label, field, icon, options, more = [], onQuery, onChoose }: ChooseProps) {
  const close = useClose();
  const query = useSignal("");
  const at = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const q = query.value.trim();
  const found = options
    .map((o) => ({ o, r: q ? Math.min(...o.names.map((name) => rank(q, name)), more.includes(o.value) ? last : Infinity) : 0 }))
    .filter(({ r }) => r < Infinity)
    .sort((a, b) => a.r - b.r)
    .slice(0, most)
    .map(({ o }) => o);
  const choose = (o: Option | undefined) => {
    if (!o) return;
    close();
    onChoose(o.value);
  };
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const n = Math.max(1, found.length);
    if (e.key === "ArrowDown") at.value = (at.value + 1) % n;
    else if (e.key === "ArrowUp") at.value = (at.value + n - 1) % n;
    else if (e.key === "Enter") choose(found[at.value]);
    else return;
    e.preventDefault();
  };
  return (
    <Dialog label={label} class="finder">
      <label class="ask">
        <Icon name={icon} />
        <input
          ref={input} aria-label={field} placeholder={field} role="combobox" aria-expanded aria-controls="choices" autocomplete="off" spellcheck={false}
          aria-activedescendant={found.length ? `choice${at.value}` : undefined} onInput={(e) => { query.value = e.currentTarget.value; at.value = 0; onQuery?.(query.value.trim()); }} onKeyDown={key}
        />
      </label>
      <div class="scroll" id="choices" role="listbox" aria-label={list().found}>
        {found.map((o, i) => (
          <div key={o.value} id={`choice${i}`} role="option" aria-selected={i === at.value} onClick={() => choose(o)} onPointerMove={() => (at.value = i)}>
            {o.face}<span class="cut" lang={langOf(o.names[0]!)}><bdi>{o.names[0]}</bdi></span>
          </div>
        ))}
      </div>
    </Dialog>
  );
}

/** Lets a user choose a day of the calendar. */
export function ChooseDay({ label, onChoose }: { label: string; onChoose: (day: string) => void }) {
  const close = useClose();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const w = words();
  const submit = (e: Event) => {
    e.preventDefault();
    const day = input.current!.value;
    if (!day) return;
    close();
    onChoose(day);
  };
  return (
    <Dialog label={label} class="narrow">
      <form class="pad" onSubmit={submit}>
        <h2>{label}</h2>
        <label class="label">{w.day}<span class="field"><input ref={input} type="date" max={new Date().toLocaleDateString("sv")} required /></span></label>
        <p class="choices">
          <button class="button" type="button" onClick={close}>{common().cancel}</button>
          <button class="button main">{w.add}</button>
        </p>
      </form>
    </Dialog>
  );
}
