import { useDoing } from "../../ui/doing.ts";
import { useSession } from "../../ui/context.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Menu, useClose } from "../../ui/overlay.tsx";
import { group } from "../../words/group.ts";
import { mute } from "./muting.ts";

const hour = 3600_000;

/** Lets a user choose for how long a channel is muted. */
export function MuteMenu({ channel, at }: { channel: string; at: Element }) {
  const session = useSession();
  const close = useClose();
  const doing = useDoing();
  const w = group();
  const choices = [
    [w.muteFor.hour, () => Date.now() + hour],
    [w.muteFor.eight, () => Date.now() + 8 * hour],
    [w.muteFor.morning, morning],
    [w.muteFor.ever, () => 0],
  ] as const;
  const choose = async (until: number) => void ((await doing.run(() => mute(session, channel, String(until)))) && close());
  return (
    <Menu label={w.mute} at={at}>
      {choices.map(([label, until]) => (
        <button key={label} class="item" type="button" disabled={doing.busy.value} onClick={() => void choose(until())}><Icon name="clock" />{label}</button>
      ))}
      <Fault of={doing} />
    </Menu>
  );
}

/** Returns eight in the morning of the next day. */
function morning(): number {
  const at = new Date();
  at.setDate(at.getDate() + 1);
  return at.setHours(8, 0, 0, 0);
}
