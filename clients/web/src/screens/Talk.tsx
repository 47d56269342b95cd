import "../style/log.css";
import "../style/composer.css";
import { useEffect, useMemo } from "preact/hooks";
import { explain, faultOf } from "../model/explain.ts";
import { titleOf } from "../model/naming.ts";
import { go } from "../model/route.ts";
import { side, toggleSide } from "../model/side.ts";
import { isDirect, partnerIn } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { ChannelFace } from "../ui/ChannelFace.tsx";
import { Icon } from "../ui/Icon.tsx";
import { usePresence } from "../ui/presence.ts";
import { common } from "../words/common.ts";
import { whenOf } from "../words/format.ts";
import { langOf } from "../words/language.ts";
import { states } from "../words/states.ts";
import { talk } from "../words/talk.ts";
import { Banner } from "./Banner.tsx";
import { Composer } from "./Composer.tsx";
import { heldOver, useDropping } from "./dropping.ts";
import { Log } from "./Log.tsx";
import { searchHere } from "./shortcuts.tsx";

/** Shows a conversation. */
export function Talk({ id, seq }: { id: string; seq?: number | undefined }) {
  const session = useSession();
  const conversation = session.conversation(id);
  // This comes before anything is drawn. Messages that are drawn count as read, so nothing would be
  // unread after that.
  useMemo(() => session.enter(id, seq), [id]);
  useEffect(() => {
    session.show(id);
    return () => session.leave(id);
  }, [id]);
  useEffect(() => {
    if (seq) void conversation.jump(seq);
  }, [seq]);
  return (
    <main class={heldOver.value ? "talk over" : "talk"} {...useDropping(id)}>
      <Header id={id} />
      <Banner />
      <Middle id={id} />
      <Composer key={id} id={id} />
    </main>
  );
}

function Header({ id }: { id: string }) {
  const session = useSession();
  const c = session.channels.of(id).value;
  const title = titleOf(c, session.people);
  const direct = isDirect(id);
  const partner = partnerIn(id, session.me);
  const presence = usePresence(direct ? partner : undefined);
  const w = talk();
  const words = common();
  const pane = side.value;
  const away = session.search.away.value !== "";
  const tool = (name: "pins" | "search" | "details", icon: "pin" | "search" | "panel-right", label: string) => (
    <button
      class={name === "details" ? "tool wide-only" : "tool"} type="button" aria-label={label}
      aria-expanded={pane === name} onClick={() => (name === "search" && side.peek() !== "search" ? searchHere(session) : toggleSide(name))}
    ><Icon name={icon} /></button>
  );
  return (
    <header class="bar">
      <a class="tool back hand-only" href="/" aria-label={away ? words.backToResults : words.back} onClick={(e) => { e.preventDefault(); away ? history.back() : go({ screen: "list" }); }}>
        <Icon name="chevron-left" />
      </a>
      <button class="who" type="button" aria-label={words.details} onClick={() => toggleSide("details")}>
        <ChannelFace channel={c} presence={presence} />
      </button>
      <div>
        <h1 class="cut" lang={langOf(title)}><bdi>{title}</bdi></h1>
        <p class="cut">{direct ? presence && words[presence] : w.members(c.member_count)}{direct && <LastSeen user={partner} />}{c.topic && <> · <bdi>{c.topic}</bdi></>}</p>
      </div>
      {tool("pins", "pin", states().pins)}{tool("search", "search", words.search)}{tool("details", "panel-right", words.details)}
    </header>
  );
}

function LastSeen({ user }: { user: string | undefined }) {
  const { presence } = useSession();
  const p = user ? presence.of(user).value : undefined;
  if (p?.state !== "offline" || !p.last_seen) return null;
  return <> · {common().lastSeen(whenOf(p.last_seen))}</>;
}

function Middle({ id }: { id: string }) {
  const session = useSession();
  const c = session.conversation(id);
  if (c.failed.value !== undefined && c.messages.value.length === 0) {
    return (
      <div class="quietly">
        <p>{faultOf(c.failed.value).code === "forbidden" && !isDirect(id) ? talk().gone : explain(faultOf(c.failed.value))}</p>
        <button class="button" type="button" onClick={() => c.again()}>{common().retry}</button>
      </div>
    );
  }
  return (
    <div class="middle">
      <Log key={id} conversation={c} />
      {c.empty.value && (isDirect(id) || c.notes.value.length === 0) && session.outbox.of(id).value.length === 0 && <Hello id={id} />}
    </div>
  );
}

function Hello({ id }: { id: string }) {
  const { me, people } = useSession();
  const partner = partnerIn(id, me);
  return <p class="hello">{partner ? talk().hello(people.name(partner)) : talk().helloGroup}</p>;
}
