import { useSignal } from "@preact/signals";
import { titleOf } from "../../model/naming.ts";
import { useSession } from "../../ui/context.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Dialog, useClose } from "../../ui/overlay.tsx";
import { PeopleField } from "../../ui/PeopleField.tsx";
import { common } from "../../words/common.ts";
import { group } from "../../words/group.ts";

/** Adds people to a group. */
export function AddPeople({ channel }: { channel: string }) {
  const session = useSession();
  const close = useClose();
  const doing = useDoing();
  const chosen = useSignal<readonly string[]>([]);
  const w = group();
  const title = w.addTo(titleOf(session.channels.of(channel).value, session.people));
  const submit = async (e: Event) => {
    e.preventDefault();
    const added = await doing.run(async () => {
      await session.link.request("add_members", { channel, members: [...chosen.peek()] });
      await session.members.refresh(channel);
    });
    if (added) close();
  };
  return (
    <Dialog label={title} class="narrow">
      <form class="pad stack" onSubmit={(e) => void submit(e)}>
        <h2>{title}</h2>
        <PeopleField chosen={chosen} label={w.people} focus />
        <Fault of={doing} />
        <p class="choices">
          <button class="button" type="button" onClick={close}>{common().cancel}</button>
          <button class="button main" disabled={doing.busy.value || chosen.value.length === 0}>{w.add}</button>
        </p>
      </form>
    </Dialog>
  );
}
