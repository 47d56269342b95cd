import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { muted, type Channel } from "../model/channels.ts";
import { titleOf } from "../model/naming.ts";
import { markOf } from "../model/receipts.ts";
import { go, pathOf, route } from "../model/route.ts";
import { unreadFlag } from "../model/session.ts";
import { unseenName } from "../model/unseen.ts";
import { lineOf, muchOf } from "../model/summary.ts";
import { isDirect, partnerIn, type Message } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { ChannelFace } from "../ui/ChannelFace.tsx";
import { Face } from "../ui/Face.tsx";
import { inHand } from "../ui/hand.ts";
import { Icon, Toad } from "../ui/Icon.tsx";
import { Mark } from "../ui/Mark.tsx";
import { Time } from "../ui/Time.tsx";
import { common } from "../words/common.ts";
import { langOf } from "../words/language.ts";
import { list } from "../words/list.ts";
import { states } from "../words/states.ts";
import { inOrder, openFinder } from "./shortcuts.tsx";
import { usePresence } from "../ui/presence.ts";

const rowHeight = 59; // px; every row has it, so that only rows on the screen need to exist
const around = 300; // px beyond the screen in which rows are drawn too

/** Shows the list of conversations. */
export function List() {
  const session = useSession();
  const w = list();
  const Part = inHand.value ? "main" : "nav"; // on a small screen the list is all that a user sees
  return (
    <Part class="list" aria-label={w.conversations}>
      <Head />
      <div class="bar wide-only">
        <Toad label="Natterjack" />
        <button class="field plain" type="button" aria-keyshortcuts="Control+K" onClick={() => void openFinder()}>
          <Icon name="search" small /> <span class="cut">{w.find}</span> <kbd class="push wide-only">Ctrl K</kbd>
        </button>
        <button class="tool" type="button" aria-label={w.create} onClick={() => void openFinder()}><Icon name="square-pen" /></button>
      </div>
      <Rows />
      <Me user={session.me} />
    </Part>
  );
}

/**
 * Shows the head of the list. On a small screen the list is a screen of its own, with its name and
 * a way to everything else.
 */
function Head() {
  const { me, people, search } = useSession();
  const w = list();
  const words = common();
  return (
    <div class="hand-only">
      <div class="bar list-head">
        <div><h1>{w.conversations}</h1></div>
        <button class="tool" type="button" aria-label={words.search} onClick={() => search.open("", "")}><Icon name="search" /></button>
        <button class="tool" type="button" aria-label={words.settings} onClick={() => go({ screen: "settings" })}>
          <Face of={me} name={people.name(me)} />
        </button>
      </div>
      <div class="find-row">
        <button class="field plain" type="button" onClick={() => void openFinder()}><Icon name="search" small /> <span>{w.find}</span></button>
      </div>
      <button class="fab" type="button" aria-label={w.create} onClick={() => void openFinder()}><Icon name="square-pen" /></button>
    </div>
  );
}

/**
 * Draws the rows on the screen. All other rows are only empty room, however many channels there
 * are.
 */
function Rows() {
  const session = useSession();
  const { channels } = session;
  const scroller = useRef<HTMLDivElement>(null);
  const view = useSignal({ top: 0, height: 1200 });
  const ids = useComputed(() => inOrder(session));
  const pinned = useComputed(() => channels.order.value.filter((id) => channels.get(id)?.top).length);

  const look = () => {
    const s = scroller.current!;
    view.value = { top: s.scrollTop, height: s.clientHeight };
    if (s.scrollHeight - s.scrollTop - s.clientHeight < around) channels.loadMore().catch(() => {});
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(look, [ids.value.length]);

  const w = list();
  const all = ids.value;
  const n = pinned.value;
  const { top, height } = view.value;
  const from = Math.max(0, Math.floor((top - around) / rowHeight));
  const to = Math.min(all.length, Math.ceil((top + height + around) / rowHeight));
  const room = (rows: number) => ({ height: `${rows * rowHeight}px` });
  const part = (a: number, b: number) => all.slice(a, b).map((id) => <Row key={id} id={id} />);
  return (
    <div ref={scroller} class="rows scroll" onScroll={look}>
      {channels.ready.value && all.length === 0 && <p class="note soft pad">{w.empty}</p>}
      {n > 0 && <h2>{w.pinned}</h2>}
      {n > 0 && (
        <ul>
          <li aria-hidden="true" style={room(Math.min(from, n))} />
          {part(Math.min(from, n), Math.min(to, n))}
          <li aria-hidden="true" style={room(Math.max(0, n - to))} />
        </ul>
      )}
      {n > 0 && all.length > n && <h2>{w.recent}</h2>}
      <ul>
        <li aria-hidden="true" style={room(Math.max(0, from - n))} />
        {part(Math.max(from, n), Math.max(to, n))}
        <li aria-hidden="true" style={room(all.length - Math.max(to, n))} />
      </ul>
    </div>
  );
}

function Row({ id }: { id: string }) {
  const session = useSession();
  const c = session.channels.of(id).value;
  const here = useComputed(() => route.value.screen === "talk" && route.value.channel === id);
  const title = titleOf(c, session.people);
  const flagged = session.settings.of(unreadFlag + id).value !== "";
  const unread = c.unread > 0 || flagged;
  const open = (e: MouseEvent) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    go({ screen: "talk", channel: id });
  };
  return (
    <li>
      <a class={unread && !here.value ? "row new" : "row"} href={pathOf({ screen: "talk", channel: id })} aria-current={here.value ? "page" : undefined} onClick={open}>
        <RowFace channel={c} title={title} />
        {c.active > 0 && <Time at={c.active} list />}
        <Last channel={c} here={here.value} />
        <End channel={c} flagged={flagged} here={here.value} />
      </a>
    </li>
  );
}

function RowFace({ channel: c, title }: { channel: Channel; title: string }) {
  const session = useSession();
  const partner = partnerIn(c.id, session.me);
  const presence = usePresence(partner);
  const words = common();
  return (
    <>
      <ChannelFace channel={c} presence={presence} />
      <span class="name cut" lang={langOf(title)}>
        <bdi>{title}</bdi>
        {partner !== undefined && session.people.hasTwin(partner) && <span class="soft"> @{partner}</span>}
        {presence && <span class="sr">, {words[presence]}</span>}
      </span>
    </>
  );
}

/**
 * Shows the latest of a channel: a member who is writing, a draft, a message that waits, or the
 * last message.
 */
function Last({ channel: c, here }: { channel: Channel; here: boolean }) {
  const session = useSession();
  const w = list();
  const typing = session.typing.of(c.id).value;
  const draft = session.drafts.of(c.id).value;
  if (typing[0] !== undefined) return <span class="last cut writing">{typingText(typing, (u) => session.people.name(u))}</span>;
  if (draft?.text && !here) {
    return <span class="last cut" lang={langOf(draft.text)}><b class="draft">{w.draft}</b> {lineOf({ text: draft.text })}</span>;
  }
  const pending = session.outbox.of(c.id).value.at(-1);
  if (pending) return <span class="last cut">{w.mine(lineOf(pending.content, pending.files))}</span>;
  const last = c.last as Message | undefined;
  if (!last) return <span class="last cut">{w.noMessages}</span>;
  const text = muchOf(last);
  const shown = last.sender === session.me ? w.mine(text) : isDirect(c.id) ? text : w.of(session.people.name(last.sender), text);
  return <span class="last cut" lang={langOf(text)} dir="auto">{shown}</span>;
}

/** Shows the right end of a row: badges, or how far the user's own last message has got. */
function End({ channel: c, flagged, here }: { channel: Channel; flagged: boolean; here: boolean }) {
  const session = useSession();
  const w = list();
  const hushed = muted(c);
  const pending = session.outbox.of(c.id).value;
  const failed = pending.some((p) => p.fault);
  const mentions = c.mentions ?? 0;
  const count = c.unread > 99 ? "99+" : String(c.unread);
  const own = c.last?.sender === session.me && !c.last.deleted && c.unread === 0;
  return (
    <span class="end">
      {c.top && <span class="sr">{w.pinned}</span>}
      {failed ? <Mark state="failed" /> : pending.length > 0 && <Mark state="waiting" />}
      {pending.length === 0 && own && isDirect(c.id) && <RowMark channel={c} />}
      {mentions > 0 && !here && <span class="badge">@<span class="sr"> {w.mentionsYou}</span></span>}
      {c.unread > 0 && !here && <span class={hushed ? "badge hushed" : "badge"} aria-label={w.unread(c.unread)}>{count}</span>}
      {c.unread === 0 && flagged && !here && <span class="badge" aria-label={w.markedUnread}>&nbsp;</span>}
      {hushed && (c.unread > 0 ? <span class="sr">{w.muted}</span> : <><Icon name="bell-off" small /><span class="sr">{w.muted}</span></>)}
    </span>
  );
}

function RowMark({ channel: c }: { channel: Channel }) {
  const { receipts } = useSession();
  useEffect(() => receipts.need(c.id), [c.id]); // only for rows on the screen
  return <Mark state={markOf(receipts.of(c.id).value, c.seq, c.member_count).state} />;
}

/** Says which users are writing. */
export function typingText(users: readonly string[], name: (user: string) => string): string {
  const w = states();
  const [a = "", b] = users;
  if (users.length > 2) return w.typingMany;
  return b === undefined ? w.typing(name(a)) : w.typingTwo(name(a), name(b));
}

/** Shows the user themselves, at the foot of the list. */
function Me({ user }: { user: string }) {
  const { link, people, settings } = useSession();
  const words = common();
  const { online } = link.state.value;
  const unseen = settings.of(unseenName).value !== "";
  return (
    <div class="me">
      <Face of={user} name={people.name(user)} presence={online && !unseen ? "online" : "offline"} />
      <div class="cut"><b><bdi>{people.name(user)}</bdi></b><br /><span class="soft state" data-online={online}>{!online ? words.offline : unseen ? words.unseen : words.online}</span></div>
      <button type="button" aria-label={words.settings} class="tool push" onClick={() => go({ screen: "settings" })}><Icon name="settings" /></button>
    </div>
  );
}
