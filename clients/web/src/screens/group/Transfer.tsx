import { useSignal } from "@preact/signals";
import { matches } from "../../model/matching.ts";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Face } from "../../ui/Face.tsx";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Name } from "../../ui/Name.tsx";
import { Dialog, useClose } from "../../ui/overlay.tsx";
import { common } from "../../words/common.ts";
import { group } from "../../words/group.ts";

const most = 50; // members that are offered at once

/** Lets the owner choose the next owner of a group. No member is chosen beforehand. */
export function Transfer({ channel }: { channel: string }) {
  const session = useSession();
  const close = useClose();
  const doing = useDoing();
  const query = useSignal("");
  const chosen = useSignal("");
  const w = group();
  const q = query.value.trim().replace(/^@/, "").toLowerCase();
  const offered = session.membersOf(channel).filter((m) => m.user !== session.me && (!q || matches(q, m.name, m.user))).slice(0, most);
  const submit = async (e: Event) => {
    e.preventDefault();
    const done = await doing.run(async () => {
      await session.link.request("set_role", { channel, user: chosen.peek(), role: "owner" });
      await session.members.refresh(channel);
    });
    if (done) close();
  };
  return (
    <Dialog label={w.transfer} class="narrow">
      <form class="pad stack" onSubmit={(e) => void submit(e)}>
        <h2>{w.transfer}</h2>
        <p class="note soft">{w.transferNote}</p>
        <label class="field plain"><Icon name="search" small /><input aria-label={w.findMember} placeholder={w.findMember} autocomplete="off" onInput={(e) => (query.value = e.currentTarget.value)} /></label>
        <div class="pick scroll" role="radiogroup" aria-label={w.members}>
          {offered.map(({ user, name }) => (
            <label key={user} class="person">
              <input type="radio" name="owner" value={user} checked={chosen.value === user} onChange={() => (chosen.value = user)} />
              <Face of={user} name={name} /><span class="cut"><Name user={user} /> <span class="soft">@{user}</span></span>
            </label>
          ))}
          {offered.length === 0 && <p class="note soft">{w.noMember}</p>}
        </div>
        <Fault of={doing} />
        <p class="choices">
          <button class="button" type="button" onClick={close}>{common().cancel}</button>
          <button class="button main" disabled={doing.busy.value || !chosen.value}>{w.makeOwner}</button>
        </p>
      </form>
    </Dialog>
  );
}
