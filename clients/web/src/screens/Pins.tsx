import { useSignal, useSignalEffect } from "@preact/signals";
import { explain, faultOf } from "../model/explain.ts";
import { muchOf } from "../model/summary.ts";
import type { Message } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Name } from "../ui/Name.tsx";
import { Time } from "../ui/Time.tsx";
import { langOf } from "../words/language.ts";
import { dictionary } from "../words/language.ts";
import type { PaneProps } from "./Side.tsx";

const words = dictionary({ none: "Nothing is pinned yet." }, { none: "固定されたメッセージはまだありません。" });

/** Shows the pinned messages of a channel, the newest first. */
export function Pins({ channel }: PaneProps) {
  const { link } = useSession();
  const c = useSession().conversation(channel);
  const pins = useSignal<readonly Message[] | undefined>(undefined);
  const fault = useSignal("");
  useSignalEffect(() => {
    void c.pinned.value; // reads again after a pin came or went
    link.request("get_pins", { channel }).then(
      (page) => (pins.value = page.events as Message[]),
      (error: unknown) => (fault.value = explain(faultOf(error))),
    );
  });
  return (
    <div class="scroll pad">
      {fault.value && <p class="is-failed note">{fault.value}</p>}
      {pins.value?.length === 0 && <p class="note soft">{words().none}</p>}
      <ul class="stack">
        {pins.value?.map((m) => (
          <li key={m.seq}>
            <button class="hit" type="button" onClick={() => void c.jump(m.seq)}>
              <span class="by"><Name user={m.sender} own class="cut" /> <Time at={m.timestamp} list /></span>
              <p lang={langOf(muchOf(m))} dir="auto">{muchOf(m)}</p>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
