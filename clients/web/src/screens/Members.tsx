import "../style/group.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { matches } from "../model/matching.ts";
import { byRole, manages } from "../model/rights.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { show } from "../ui/overlay.tsx";
import { group } from "../words/group.ts";
import { Member } from "./group/Member.tsx";
import { useImitators } from "./group/useImitators.ts";
import type { PaneProps } from "./Side.tsx";

const AddPeople = lazy(() => import("./group/AddPeople.tsx").then((m) => m.AddPeople));
const step = 50; // members that are shown at once

/** Shows all members of a group. */
export function Members({ channel }: PaneProps) {
  const session = useSession();
  const query = useSignal("");
  const shown = useSignal(step);
  const w = group();
  useEffect(() => void session.members.load(channel), [channel]);
  const q = query.value.trim().replace(/^@/, "").toLowerCase();
  const found = session.membersOf(channel).filter((m) => !q || matches(q, m.name, m.user)).map((m) => m.user);
  const all = byRole(found, (user) => session.members.roleOf(channel, user));
  const part = all.slice(0, shown.value);
  const imitators = useImitators(channel, part);
  const more = (e: Event) => {
    const s = e.currentTarget as HTMLElement;
    if (s.scrollHeight - s.scrollTop - s.clientHeight < 600 && shown.peek() < all.length) shown.value += step;
  };
  return (
    <div class="scroll" onScroll={more}>
      <div class="pad stack">
        <label class="field plain">
          <Icon name="search" small />
          <input aria-label={w.findMember} placeholder={w.findMember} autocomplete="off" spellcheck={false} onInput={(e) => { query.value = e.currentTarget.value; shown.value = step; }} />
        </label>
        {manages(session.channels.of(channel).value.role) && (
          <button class="button" type="button" onClick={() => void show(() => <AddPeople channel={channel} />)}><Icon name="user-plus" small />{w.addPeople}</button>
        )}
        {all.length === 0 && <p class="note soft">{w.noMember}</p>}
        <ul class="people">{part.map((user) => <Member key={user} channel={channel} user={user} imitates={imitators.get(user)} />)}</ul>
      </div>
    </div>
  );
}
