import { titleOf } from "../../model/naming.ts";
import { go } from "../../model/route.ts";
import { side } from "../../model/side.ts";
import { ask } from "../../ui/Confirm.tsx";
import { useSession } from "../../ui/context.ts";
import { Icon } from "../../ui/Icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { show } from "../../ui/overlay.tsx";
import { group } from "../../words/group.ts";

const Transfer = lazy(() => import("./Transfer.tsx").then((m) => m.Transfer));

/** Shows what only the owner can do: hand the group over, or end it. */
export function Ending({ channel }: { channel: string }) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const w = group();
  if (c.role !== "owner") return null;
  const name = titleOf(c, session.people);
  const erase = () =>
    void ask({
      title: w.deleteAsk(name), text: w.deleteNote, yes: w.delete, danger: true, typed: { word: name, label: w.deleteType(name) },
      act: async () => {
        await session.link.request("delete_channel", { channel });
        side.value = undefined;
        go({ screen: "list" }, { replace: true });
        session.channels.forget(channel);
      },
    });
  return (
    <section class="section">
      <h3>{w.ending}</h3>
      {c.member_count > 1 && <button class="item" type="button" onClick={() => void show(() => <Transfer channel={channel} />)}><Icon name="forward" />{w.transfer}</button>}
      <button class="item danger" type="button" onClick={erase}><Icon name="trash-2" />{w.delete}</button>
    </section>
  );
}
