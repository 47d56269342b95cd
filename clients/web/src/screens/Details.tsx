import "../style/group.css";
import { useEffect } from "preact/hooks";
import { titleOf } from "../model/naming.ts";
import { byRole, manages } from "../model/rights.ts";
import { side } from "../model/side.ts";
import { isDirect, partnerIn } from "../model/wire.ts";
import { ChannelFace } from "../ui/ChannelFace.tsx";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { show } from "../ui/overlay.tsx";
import { lazy } from "../ui/lazy.tsx";
import { common } from "../words/common.ts";
import { group } from "../words/group.ts";
import { langOf } from "../words/language.ts";
import { states } from "../words/states.ts";
import { Member } from "./group/Member.tsx";
import { Notices } from "./group/Notices.tsx";
import { Leave } from "./group/Leave.tsx";
import { Partner } from "./group/Partner.tsx";
import { useImitators } from "./group/useImitators.ts";
import type { PaneProps } from "./Side.tsx";

const AddPeople = lazy(() => import("./group/AddPeople.tsx").then((m) => m.AddPeople));
const first = 20; // members that are shown at once

/** Shows the details of a channel. */
export function Details({ channel }: PaneProps) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const title = titleOf(c, session.people);
  const direct = isDirect(channel);
  const partner = partnerIn(channel, session.me);
  useEffect(() => void session.members.load(channel), [channel]);
  const requests = session.members.of(channel).value?.requested.length ?? 0;
  return (
    <div class="scroll">
      <div class="pad about-channel">
        <ChannelFace channel={c} size="huge" />
        <h3 lang={langOf(title)}><bdi>{title}</bdi></h3>
        {direct && partner && <Partner user={partner} />}
        {c.topic && <p class="note soft topic" lang={langOf(c.topic)} dir="auto">{c.topic}</p>}
        {c.archived && <p class="note soft">{group().archived}</p>}
      </div>
      <div class="section links">
        <Link pane="gallery" icon="image" label={common().gallery} />
        <Link pane="pins" icon="pin" label={states().pins} />
        {manages(c.role) && !direct && <Link pane="manage" icon="settings" label={group().manage} badge={requests} />}
      </div>
      <Notices channel={channel} />
      {!direct && <MembersPart channel={channel} />}
      {!direct && <Leave channel={channel} />}
    </div>
  );
}

function Link({ pane, icon, label, badge = 0 }: { pane: "gallery" | "pins" | "manage"; icon: IconName; label: string; badge?: number }) {
  return (
    <button class="item" type="button" onClick={() => (side.value = pane)}>
      <Icon name={icon} />{label}
      <span class="push">{badge > 0 && <span class="badge">{badge}<span class="sr"> {group().waiting(badge)}</span></span>}</span>
      <Icon name="chevron-right" small />
    </button>
  );
}

function MembersPart({ channel }: { channel: string }) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const members = byRole(session.membersOf(channel).map((m) => m.user), (user) => session.members.roleOf(channel, user)).slice(0, first);
  const imitators = useImitators(channel, members);
  const w = group();
  return (
    <section class="section">
      <h3>
        <span>{w.members} <span class="soft num">{c.member_count}</span></span>
        {manages(c.role) && <button class="button quiet small" type="button" onClick={() => void show(() => <AddPeople channel={channel} />)}><Icon name="user-plus" small />{w.addPeople}</button>}
      </h3>
      <ul class="people">{members.map((user) => <Member key={user} channel={channel} user={user} imitates={imitators.get(user)} />)}</ul>
      {c.member_count > first && (
        <button class="item" type="button" onClick={() => (side.value = "members")}><Icon name="users" />{w.all(c.member_count)}<span class="push"><Icon name="chevron-right" small /></span></button>
      )}
    </section>
  );
}
