import { titleOf } from "../../model/naming.ts";
import { go } from "../../model/route.ts";
import { side } from "../../model/side.ts";
import { ask } from "../../ui/Confirm.tsx";
import { useSession } from "../../ui/context.ts";
import { Icon } from "../../ui/Icon.tsx";
import { group } from "../../words/group.ts";

/** Lets a member leave a group. */
export function Leave({ channel }: { channel: string }) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const w = group();
  if (!c.exists) return null;
  const alone = c.member_count <= 1;
  const stuck = c.role === "owner" && !alone;
  const leave = () =>
    void ask({
      title: w.leaveAsk(titleOf(c, session.people)), text: alone ? w.lastLeaves : w.leaveNote, yes: w.leave, danger: true,
      act: async () => {
        await session.link.request("leave", { channel });
        side.value = undefined;
        go({ screen: "list" }, { replace: true });
        session.channels.forget(channel);
      },
    });
  return (
    <div class="section">
      <button class="item danger" type="button" disabled={stuck} aria-describedby={stuck ? "stuck" : undefined} onClick={leave}><Icon name="log-out" />{w.leave}</button>
      {stuck && <p id="stuck" class="note soft">{w.ownerLeaves}</p>}
    </div>
  );
}
