import { muted } from "../../model/channels.ts";
import { levelOf, type NoticeLevel } from "../../model/notices.ts";
import { isDirect } from "../../model/wire.ts";
import { Choice } from "../../ui/Choice.tsx";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { show } from "../../ui/overlay.tsx";
import { group } from "../../words/group.ts";
import { mute } from "./muting.ts";

const MuteMenu = lazy(() => import("./MuteMenu.tsx").then((m) => m.MuteMenu));

/**
 * Sets whether a channel makes sounds and notifications, and whether it stands at the top of the
 * list.
 */
export function Notices({ channel }: { channel: string }) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const doing = useDoing();
  const w = group();
  const hushed = muted(c);
  const until = Number(c.mute);
  const setLevel = (level: NoticeLevel) => void doing.run(() => session.notices.setLevel(channel, level));
  const pin = () =>
    void doing.run(async () => {
      await session.settings.set(`top/${channel}`, c.top ? "" : "1");
      session.channels.pin(channel, !c.top);
    });
  return (
    <section class="section">
      <h3>{w.notices}</h3>
      {!isDirect(channel) && (
        <Choice
          bare title={w.notices} value={levelOf(session.settings, channel)} onChange={setLevel}
          choices={[["all", w.noticeLevels.all], ["mentions", w.noticeLevels.mentions], ["none", w.noticeLevels.none]]}
        />
      )}
      {hushed
        ? <button class="item" type="button" disabled={doing.busy.value} onClick={() => void doing.run(() => mute(session, channel, ""))}>
            <Icon name="bell" /><span>{w.unmute}<span class="note soft block">{until ? w.mutedUntil(until) : w.mutedEver}</span></span>
          </button>
        : <button class="item" type="button" aria-haspopup="dialog" onClick={(e) => { const at = e.currentTarget; void show(() => <MuteMenu channel={channel} at={at} />); }}>
            <Icon name="bell-off" />{w.mute}<span class="push"><Icon name="chevron-down" small /></span>
          </button>}
      {c.exists && <button class="item" type="button" disabled={doing.busy.value} onClick={pin}><Icon name="arrow-up" />{c.top ? w.fromTop : w.toTop}</button>}
      <Fault of={doing} />
    </section>
  );
}
