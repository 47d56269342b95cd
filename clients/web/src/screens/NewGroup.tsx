import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { explain, faultOf } from "../model/explain.ts";
import { go } from "../model/route.ts";
import { newId } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { PeopleField } from "../ui/PeopleField.tsx";
import { common } from "../words/common.ts";
import { group } from "../words/group.ts";

/** Lets a user make a group. */
export function NewGroup() {
  const session = useSession();
  const close = useClose();
  const name = useRef<HTMLInputElement>(null);
  const id = useRef(newId()); // a second try makes the same group
  const chosen = useSignal<readonly string[]>([]);
  const fault = useSignal("");
  const busy = useSignal(false);
  const w = group();
  useEffect(() => name.current?.focus(), []);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    busy.value = true;
    fault.value = "";
    try {
      const made = await session.link.request("create_group", { client_id: id.current, name: name.current!.value.trim(), members: [...chosen.peek()] });
      session.channels.put([made.channel]);
      close();
      go({ screen: "talk", channel: made.channel.id });
    } catch (error) {
      fault.value = explain(faultOf(error));
      busy.value = false;
    }
  };
  return (
    <Dialog label={w.create} class="narrow">
      <form class="pad stack" onSubmit={submit}>
        <h2>{w.create}</h2>
        <label class="label">{w.name}<input ref={name} class="field" name="name" required maxLength={100} autocomplete="off" /></label>
        <PeopleField chosen={chosen} label={w.people} />
        <p class="is-failed note" role="alert">{fault.value}</p>
        <p class="choices">
          <button class="button" type="button" onClick={close}>{common().cancel}</button>
          <button class="button main" disabled={busy.value}>{w.make}</button>
        </p>
      </form>
    </Dialog>
  );
}
