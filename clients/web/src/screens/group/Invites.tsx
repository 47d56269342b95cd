import { InviteLinks } from "../../model/invitelinks.ts";
import type { Invite } from "../../model/wire.ts";
import { say } from "../../ui/announce.ts";
import { ask } from "../../ui/Confirm.tsx";
import { useSession } from "../../ui/context.ts";
import { Icon } from "../../ui/Icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { show } from "../../ui/overlay.tsx";
import { group } from "../../words/group.ts";

const NewInvite = lazy(() => import("./NewInvite.tsx").then((m) => m.NewInvite));

/** Shows the links by which people join a group. */
export function Invites({ channel, invites }: { channel: string; invites: readonly Invite[] }) {
  const w = group();
  return (
    <section class="section">
      <h3>{w.invites} <button class="button quiet small" type="button" aria-label={w.newInvite} onClick={() => void show(() => <NewInvite channel={channel} />)}><Icon name="plus" small />{w.newInviteShort}</button></h3>
      {invites.length === 0 && <p class="note soft">{w.noInvites}</p>}
      <ul class="stack">{invites.map((i) => <Row key={i.hash} channel={channel} invite={i} />)}</ul>
    </section>
  );
}

function Row({ channel, invite: i }: { channel: string; invite: Invite }) {
  const session = useSession();
  const w = group();
  const links = new InviteLinks(session.me);
  const link = links.link(channel, i.hash);
  const revoke = () =>
    void ask({
      title: w.revokeAsk, text: w.revokeNote, yes: w.revoke, danger: true,
      act: async () => {
        await session.link.request("revoke_invite", { channel, hash: i.hash });
        links.forget(i.hash);
        await session.members.refresh(channel);
      },
    });
  const over = i.expires !== undefined && i.expires > 0 && i.expires < Date.now();
  const facts = [over ? w.over : i.expires ? w.leftTime(i.expires) : w.noLimit, i.uses && w.leftUses(i.uses), i.approval && w.needsApproval];
  return (
    <li class="card">
      <Icon name="link" />
      <div><b class="cut">{link ? shortened(link) : w.linkElsewhere}</b><span class={over ? "is-failed" : "soft"}>{facts.filter(Boolean).join(" · ")}</span></div>
      {link && !over && <button class="tool" type="button" aria-label={w.copyLink} onClick={() => void copy(link)}><Icon name="copy" /></button>}
      <button class="tool" type="button" aria-label={w.revoke} onClick={revoke}><Icon name="trash-2" /></button>
    </li>
  );
}

/** Copies a link, and says so. */
export async function copy(link: string): Promise<void> {
  await navigator.clipboard.writeText(link);
  say(group().copied, { visible: true });
}

const shortened = (link: string): string => `…/join/${link.slice(-8)}`;
