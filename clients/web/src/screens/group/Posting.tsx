import { useSignal } from "@preact/signals";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { useUniqueId } from "../../ui/useUniqueId.ts";
import { group } from "../../words/group.ts";

const paces = [0, 5, 10, 30, 60, 300, 900, 3600]; // seconds

/** Sets which members may write in a group, and how often. */
export function Posting({ channel }: { channel: string }) {
  const { channels, link } = useSession();
  const c = channels.of(channel).value;
  const doing = useDoing();
  const wanted = useSignal<boolean | undefined>(undefined); // until the server has answered
  const id = useUniqueId();
  const w = group();
  const pace = c.slow_mode_s ?? 0;
  const offered = paces.includes(pace) ? paces : [...paces, pace].sort((a, b) => a - b);
  const update = (part: { slow_mode_s?: number; archived?: boolean }) =>
    doing.run(async () => {
      await link.request("update_channel", { channel, ...part });
      await channels.refresh(channel);
    });
  const archive = async (on: boolean) => {
    wanted.value = on;
    await update({ archived: on });
    wanted.value = undefined;
  };
  return (
    <section class="section">
      <h3>{w.posting}</h3>
      <div class="setting">
        <div><h3 id={id}>{w.slowMode}</h3><p>{w.slowNote}</p></div>
        <select class="button small" aria-labelledby={id} disabled={doing.busy.value} value={String(pace)} onChange={(e) => void update({ slow_mode_s: Number(e.currentTarget.value) })}>
          {offered.map((s) => <option key={s} value={String(s)}>{w.every(s)}</option>)}
        </select>
      </div>
      <Switch title={w.readOnly} note={w.readOnlyNote} on={wanted.value ?? c.archived ?? false} disabled={doing.busy.value} onChange={(on) => void archive(on)} />
      <p class="note soft">{w.readersNote}</p>
      <Fault of={doing} />
    </section>
  );
}
