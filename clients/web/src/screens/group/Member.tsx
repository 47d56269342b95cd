import type { ComponentChildren } from "preact";
import { show } from "../../ui/overlay.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { useSession } from "../../ui/context.ts";
import { Face } from "../../ui/Face.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Name } from "../../ui/Name.tsx";
import { usePresence } from "../../ui/presence.ts";
import { common } from "../../words/common.ts";
import { states } from "../../words/states.ts";

const MemberMenu = lazy(() => import("./MemberMenu.tsx").then((m) => m.MemberMenu));

interface MemberProps {
  channel: string;
  user: string;
  /** The user whose name the member's name looks like. */
  imitates?: string | undefined;
}

/** Shows a member with their role. A press opens the actions. */
export function Member({ channel, user, imitates }: MemberProps) {
  const { me, members, people } = useSession();
  const presence = usePresence(user);
  const role = members.roleOf(channel, user);
  const name = people.name(user);
  const status = people.of(user).value.status;
  const open = (at: Element) => void show(() => <MemberMenu channel={channel} user={user} imitates={imitates} at={at} />);
  const content: ComponentChildren = (
    <>
      <Face of={user} name={name} presence={presence} />
      <span class="cut"><Name user={user} own />{imitates && <span class="soft"> @{user}</span>}{presence && <span class="sr">, {common()[presence]}</span>}
        {imitates && <span class="imitates"><Icon name="triangle-alert" small />{states().imitates(people.name(imitates))} (@{imitates})</span>}
        {!imitates && status && current(status.until) && <span class="status cut"><bdi>{[status.emoji, status.text].filter(Boolean).join(" ")}</bdi></span>}
      </span>
      {role !== "member" && <span class="role push">{common().roles[role as "owner"]}</span>}
    </>
  );
  if (user === me) return <li class="person">{content}</li>;
  return (
    <li>
      <button class="person item" type="button" aria-haspopup="dialog" onClick={(e) => open(e.currentTarget)}>{content}</button>
    </li>
  );
}

/** Tells whether a status that ends at a time still holds; 0 means without an end. */
const current = (until: number | undefined): boolean => !until || until > Date.now();
