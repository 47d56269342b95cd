import "../style/side.css";
import "../style/group.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { explain, faultOf } from "../model/explain.ts";
import { go } from "../model/route.ts";
import { ChannelFace } from "../ui/ChannelFace.tsx";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Marsh } from "../ui/Marsh.tsx";
import { join } from "../words/join.ts";
import { langOf } from "../words/language.ts";

/**
 * The state of a user with a link: they are invited, they have asked to join, or the link is of no
 * use.
 */
type Standing = "invited" | "asked" | "useless";

/**
 * Shows the page that the link of an invite leads to. The server tells the details of a group only
 * to its members.
 */
export function Join({ channel, secret }: { channel: string; secret: string }) {
  const session = useSession();
  const c = session.channels.of(channel).value;
  const standing = useSignal<Standing>("invited");
  const fault = useSignal("");
  const busy = useSignal(false);
  const w = join();
  useEffect(() => void session.link.request("get_channel", { channel }).then((r) => session.channels.put([r.channel]), () => {}), [channel]);
  const open = () => go({ screen: "talk", channel }, { replace: true });
  useEffect(() => {
    if (c.exists && standing.peek() === "asked") open(); // an admin has let the user in
  }, [c.exists]);
  const act = async () => {
    busy.value = true;
    fault.value = "";
    try {
      await session.link.request("join", { channel, secret });
      await session.channels.refresh(channel);
      if (session.channels.get(channel)?.exists) return open();
      standing.value = "asked";
    } catch (error) {
      const f = faultOf(error);
      if (["forbidden", "not_found", "invalid"].includes(f.code)) standing.value = "useless";
      else fault.value = explain(f);
    }
    busy.value = false;
  };
  return (
    <main class="door">
      <Marsh />
      <div class="pane">
        {c.exists ? (
          <>
            <ChannelFace channel={c} size="huge" />
            <div><h1 lang={langOf(c.name ?? "")}><bdi>{c.name}</bdi></h1><p class="soft">{w.people(c.member_count)}</p></div>
            {c.topic && <p lang={langOf(c.topic)} dir="auto">{c.topic}</p>}
            <button class="button main tall" type="button" onClick={open}>{w.openGroup}</button>
            <p class="note soft">{w.already}</p>
          </>
        ) : (
          <>
            <Face of={channel} name="?" shape="group" size="huge" />
            <h1>{standing.value === "useless" ? w.uselessTitle : standing.value === "asked" ? w.askedTitle : w.title}</h1>
            {standing.value === "invited" && <button class="button main tall" type="button" disabled={busy.value} onClick={() => void act()}>{w.join}</button>}
            <p class="note soft" role="status">{{ invited: w.note, asked: w.asked, useless: w.useless }[standing.value]}</p>
            {fault.value && <p class="note is-failed" role="alert">{fault.value}</p>}
            <button class={standing.value === "useless" ? "button main tall" : "button quiet"} type="button" onClick={() => go({ screen: "list" })}>{w.open}</button>
          </>
        )}
      </div>
    </main>
  );
}
