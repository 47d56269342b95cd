import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { titleOf } from "../../../model/naming.ts";
import { device } from "../../../model/push/here.ts";
import type { LogEntry } from "../../../model/push/wire.ts";
import { pathOf } from "../../../model/route.ts";
import { useSession } from "../../../ui/context.ts";
import { useDoing } from "../../../ui/doing.ts";
import { Fault } from "../../../ui/Fault.tsx";
import { Icon } from "../../../ui/Icon.tsx";
import { Dialog, useClose } from "../../../ui/overlay.tsx";
import { Time } from "../../../ui/Time.tsx";
import { common } from "../../../words/common.ts";
import { push } from "../../../words/push.ts";
import { resultText, wordsFor } from "./saying.ts";

const page = 50;

/**
 * Shows the decisions of the last days: which messages the user was notified of, which not, and
 * why.
 */
export function Why() {
  const { link, channels } = useSession();
  const doing = useDoing();
  const entries = useSignal<readonly LogEntry[] | undefined>(undefined);
  const more = useSignal(false);
  const close = useClose();
  const w = push();
  const read = () =>
    doing.run(async () => {
      const before = entries.peek()?.at(-1)?.pos;
      const reply = await link.request("get_push_log", { limit: page, ...(before !== undefined && { before }) });
      for (const id of new Set(reply.entries.map((e) => e.channel ?? ""))) if (id && !channels.of(id).peek().exists) void channels.refresh(id);
      entries.value = [...(entries.peek() ?? []), ...reply.entries];
      more.value = reply.more;
    });
  useEffect(() => void read(), []);
  return (
    <Dialog label={w.why} class="why">
      <header><h2>{w.why}</h2><button class="tool push" type="button" aria-label={common().close} onClick={close}><Icon name="x" /></button></header>
      <p class="note soft">{w.whyNote}</p>
      {entries.value?.length === 0 && <p class="note soft nothing">{w.whyEmpty}</p>}
      <ul class="scroll" tabIndex={0} aria-label={w.why}>{entries.value?.map((e) => <Entry key={`${e.pos} ${e.id ?? ""}`} entry={e} onOpen={close} />)}</ul>
      {more.value && <p class="choices"><button class="button" type="button" disabled={doing.busy.value} onClick={() => void read()}>{w.more}</button></p>}
      <Fault of={doing} />
    </Dialog>
  );
}

function Entry({ entry: e, onOpen }: { entry: LogEntry; onOpen: () => void }) {
  const { channels, people } = useSession();
  const w = push();
  const what = e.id && e.result
    ? resultText(e, device.value?.server.value?.subscriptions ?? [])
    : [wordsFor(w.verdicts, e.verdict), w.because[e.reason] ?? w.reasons.other(e.reason)].filter(Boolean).join(" · ");
  const title = e.channel ? titleOf(channels.of(e.channel).value, people) : "";
  return (
    <li class={`decision is-${e.verdict}`}>
      <Icon name={e.verdict === "told" ? "bell" : e.verdict === "later" ? "clock" : "bell-off"} small />
      <div class="cut">
        {e.channel && <a data-local href={pathOf({ screen: "talk", channel: e.channel, ...(e.seq && { seq: e.seq }) })} onClick={onOpen}><bdi>{title}</bdi></a>}
        <p class="note soft">{what}</p>
      </div>
      <Time at={e.timestamp} list />
    </li>
  );
}
