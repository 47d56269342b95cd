import { go } from "../../model/route.ts";
import { manages, mayRemove, rolesToGive } from "../../model/rights.ts";
import { directChannel, type Role } from "../../model/wire.ts";
import { useSession } from "../../ui/context.ts";
import { ask } from "../../ui/Confirm.tsx";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Menu, useClose } from "../../ui/overlay.tsx";
import { common } from "../../words/common.ts";
import { group } from "../../words/group.ts";

interface MemberMenuProps {
  channel: string;
  user: string;
  imitates?: string | undefined;
  at: Element;
}

/** Shows the actions on a member of a group. */
export function MemberMenu({ channel, user, imitates, at }: MemberMenuProps) {
  const session = useSession();
  const { link, members, people } = session;
  const close = useClose();
  const doing = useDoing();
  const own = session.channels.of(channel).value.role;
  const role = members.roleOf(channel, user);
  const name = people.name(user);
  const w = group();
  const roles = rolesToGive(own, role);
  const give = async (to: Role) => {
    if (to === role) return close();
    const given = await doing.run(async () => {
      await link.request("set_role", { channel, user, role: to });
      await members.refresh(channel);
    });
    if (given) close();
  };
  const write = () => {
    close();
    go({ screen: "talk", channel: directChannel(session.me, user) });
  };
  const remove = (ban: boolean) => {
    close();
    void ask({
      title: ban ? w.banAsk(name) : w.removeAsk(name), text: ban ? w.banNote(name) : w.removeNote(name), yes: ban ? w.ban : w.removeMember, danger: true,
      act: async () => {
        await link.request("remove_member", { channel, user, ...(ban && { ban }) });
        await members.refresh(channel);
      },
    });
  };
  const transfer = () => {
    close();
    void ask({
      title: w.transferAsk(name), text: w.transferNote, yes: w.makeOwner,
      act: async () => {
        await link.request("set_role", { channel, user, role: "owner" });
        await members.refresh(channel);
      },
    });
  };
  return (
    <Menu label={w.actionsFor(name)} at={at} class="member-menu">
      <p class="said note"><b><bdi>{name}</bdi></b> <span class="soft">@{user}</span></p>
      {imitates && <p class="said note imitates"><Icon name="triangle-alert" small />{w.imitatesNote(user, imitates)}</p>}
      <button class="item" type="button" onClick={write}><Icon name="message-circle" />{w.write}</button>
      {roles.length > 0 && <p class="group-name" id="role-of">{w.role}</p>}
      {roles.length > 0 && (
        <div role="group" aria-labelledby="role-of">
          {roles.map((r) => (
            <button key={r} class="item" type="button" aria-pressed={r === role} disabled={doing.busy.value} onClick={() => void give(r)}>
              <Icon name={r === "admin" ? "shield" : r === "reader" ? "lock" : "user"} />
              <span>{common().roles[r as "admin"]}<span class="note soft block">{w.roleNotes[r as "admin"]}</span></span>
              {r === role && <span class="push"><Icon name="check" small /></span>}
            </button>
          ))}
        </div>
      )}
      <Fault of={doing} />
      {own === "owner" && role !== "owner" && <button class="item" type="button" onClick={transfer}><Icon name="forward" />{w.makeOwner}</button>}
      {manages(own) && mayRemove(own, role) && (
        <>
          <button class="item danger" type="button" onClick={() => remove(false)}><Icon name="x" />{w.removeMember}</button>
          <button class="item danger" type="button" onClick={() => remove(true)}><Icon name="ban" />{w.ban}</button>
        </>
      )}
    </Menu>
  );
}
