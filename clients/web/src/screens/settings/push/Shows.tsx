import { device } from "../../../model/push/here.ts";
import { notify } from "../../../model/push/names.ts";
import { Choice } from "../../../ui/Choice.tsx";
import { useSession } from "../../../ui/context.ts";
import { useDoing } from "../../../ui/doing.ts";
import { Fault } from "../../../ui/Fault.tsx";
import { push } from "../../../words/push.ts";

type Known = "full" | "sender" | "none";

const order: readonly Known[] = ["full", "sender", "none"];

/** Sets how much a notification shows, within what the operator allows. */
export function Shows() {
  const { settings } = useSession();
  const doing = useDoing();
  const w = push();
  const cap = device.value?.server.value?.content ?? "full";
  const most = order.find((c) => c === cap) ?? "none"; // an unknown word of a later server may allow less than any word here
  const allowed = order.slice(order.indexOf(most));
  const chosen = (settings.of(notify.content).value || "full") as Known;
  const value = allowed.includes(chosen) ? chosen : most;
  return (
    <>
      <Choice<Known>
        title={w.content} note={`${w.contentNote} ${w.contentCap[most]}`.trim()} value={value} onChange={(v) => void doing.run(() => settings.set(notify.content, v === "full" ? "" : v))}
        choices={allowed.map((c) => [c, w.contents[c]] as const)}
      />
      <Fault of={doing} />
    </>
  );
}
