import { byRole } from "../../model/rights.ts";
import { side } from "../../model/side.ts";
import { useSession } from "../../ui/context.ts";
import { Icon } from "../../ui/Icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { show } from "../../ui/overlay.tsx";
import { group } from "../../words/group.ts";
import { numberOf } from "../../words/format.ts";
import { Member } from "./Member.tsx";
import { useImitators } from "./useImitators.ts";

const AddPeople = lazy(() => import("./AddPeople.tsx").then((m) => m.AddPeople));
const first = 10;

/** Shows the members of a group and the actions on them. Members with a special role come first. */
export function ManagedMembers({ channel }: { channel: string }) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const w = group();
  const all = byRole(session.membersOf(channel).map((m) => m.user), (user) => session.members.roleOf(channel, user));
  const shown = all.slice(0, first);
  const imitators = useImitators(channel, shown);
  const most = session.link.state.value.limits.group_members;
  return (
    <section class="section">
      <h3>
        <span>{w.members} <span class="soft num">{numberOf(c.member_count)} / {numberOf(most)}</span></span>
        <button class="button quiet small" type="button" onClick={() => void show(() => <AddPeople channel={channel} />)}><Icon name="plus" small />{w.addPeople}</button>
      </h3>
      <ul class="people">{shown.map((user) => <Member key={user} channel={channel} user={user} imitates={imitators.get(user)} />)}</ul>
      {all.length > first && <button class="item" type="button" onClick={() => (side.value = "members")}><Icon name="users" />{w.all(c.member_count)}<span class="push"><Icon name="chevron-right" small /></span></button>}
    </section>
  );
}
