import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../model/channels.ts";
import { explain, faultOf } from "../model/explain.ts";
import { rank } from "../model/matching.ts";
import { titleOf } from "../model/naming.ts";
import { partnerIn, type Message } from "../model/wire.ts";
import { say } from "../ui/announce.ts";
import { useSession } from "../ui/context.ts";
import { ChannelFace } from "../ui/ChannelFace.tsx";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { langOf } from "../words/language.ts";
import { list } from "../words/list.ts";
import { talk } from "../words/talk.ts";

const most = 12;

/** Lets a user choose where a message is forwarded to. */
export function Forward({ message: m }: { message: Message }) {
  const session = useSession();
  const close = useClose();
  const query = useSignal("");
  const at = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const q = query.value.trim();
  const names = (c: Channel) => [titleOf(c, session.people), partnerIn(c.id, session.me) ?? ""];
  const found = session.channels.listed()
    .filter((c) => !c.archived && c.role !== "reader")
    .map((c) => ({ c, r: q ? rank(q, ...names(c)) : 0 }))
    .filter(({ r }) => r < Infinity)
    .sort((a, b) => a.r - b.r)
    .slice(0, most)
    .map(({ c }) => c);

  const forward = async (c: Channel | undefined) => {
    if (!c) return;
    close();
    try {
      await session.link.request("forward", { channel: c.id, from: { channel: m.channel, seq: m.seq } });
      say(talk().forwardedTo(titleOf(c, session.people)), { visible: true });
    } catch (error) {
      say(explain(faultOf(error)), { visible: true });
    }
  };
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const n = Math.max(1, found.length);
    if (e.key === "ArrowDown") at.value = (at.value + 1) % n;
    else if (e.key === "ArrowUp") at.value = (at.value + n - 1) % n;
    else if (e.key === "Enter") void forward(found[at.value]);
    else return;
    e.preventDefault();
  };
  const w = talk();
  return (
    <Dialog label={w.forwardTo} class="finder">
      <label class="ask">
        <Icon name="forward" />
        <input
          ref={field} aria-label={w.forwardTo} placeholder={w.forwardTo} role="combobox" aria-expanded aria-controls="targets" autocomplete="off"
          aria-activedescendant={`target${at.value}`} onInput={(e) => { query.value = e.currentTarget.value; at.value = 0; }} onKeyDown={key}
        />
      </label>
      <div class="scroll" id="targets" role="listbox" aria-label={list().found}>
        {found.map((c, i) => {
          const title = titleOf(c, session.people);
          return (
            <div key={c.id} id={`target${i}`} role="option" aria-selected={i === at.value} onClick={() => void forward(c)} onPointerMove={() => (at.value = i)}>
              <ChannelFace channel={c} size="tiny" />
              <span class="cut" lang={langOf(title)}><bdi>{title}</bdi></span>
            </div>
          );
        })}
      </div>
    </Dialog>
  );
}
