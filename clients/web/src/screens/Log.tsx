import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject, VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Conversation, Landing } from "../model/conversation.ts";
import { Imitators } from "../model/imitators.ts";
import { isDirect, type Message } from "../model/wire.ts";
import { rowsOf, type Row } from "../model/rows.ts";
import { muchOf } from "../model/summary.ts";
import { say } from "../ui/announce.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { Keeper } from "../ui/keeper.ts";
import { LongPress } from "../ui/longpress.ts";
import { common } from "../words/common.ts";
import { dayOf } from "../words/format.ts";
import { talk } from "../words/talk.ts";
import { logKey } from "./logkeys.ts";
import { MessageRow, PendingRow, type LogContext } from "./Message.tsx";
import { Note } from "./Note.tsx";
import { openActions } from "./actions.tsx";

const ahead = 900; // pixels before an end at which the next page is read
const namesCome = 300; // milliseconds in which the names of the senders arrive
const hereMs = 2000; // milliseconds for which the message that a jump led to is marked

/** Shows the log of a conversation. */
export function Log({ conversation: c }: { conversation: Conversation }) {
  const session = useSession();
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const keeper = useRef<Keeper | undefined>(undefined);
  const landed = useRef<Landing | undefined>(undefined); // what is on the screen before that is not what the user came for
  const away = useSignal(false); // whether the user is away from the end
  const unreadAbove = useSignal(false);
  const active = useSignal("");
  const focused = useSignal("");
  const members = useComputed(() => (isDirect(c.id) ? 2 : session.channels.of(c.id).value.member_count));
  const rows = useComputed(() => rowsOf({
    me: session.me,
    messages: c.messages.value,
    notes: c.notes.value,
    pending: c.atEnd.value ? session.outbox.of(c.id).value : [],
    divider: c.divider.value,
  }));
  const stop = useComputed(() => (rows.value.some((r) => r.key === focused.value) ? focused.value : (rows.value.at(-1)?.key ?? "")));
  const imitators = useMemo(() => new Imitators(c.id, session.link), [c]);
  const log = useMemo<LogContext>(() => ({ conversation: c, active, here: c.here, stop, members, imitators: imitators.found }), [c]);

  const moved = () => {
    const k = keeper.current;
    if (!k) return;
    c.following = k.following && c.atEnd.peek();
    away.value = !k.following || !c.atEnd.peek();
    readOn(c, k);
    const divider = content.current?.querySelector(".unread");
    const box = scroller.current!.getBoundingClientRect();
    unreadAbove.value = !!c.divider.peek() && (divider ? divider.getBoundingClientRect().bottom < box.top : isFar(c));
    read();
  };
  const read = () => {
    if (document.hidden || !document.hasFocus()) return;
    if (!landed.current || landed.current !== c.landing.peek() || c.loading.peek() === "all") return;
    const seq = seqAt(keeper.current?.lastShown());
    if (seq) session.read(c.id, seq);
  };

  useLayoutEffect(() => {
    const k = new Keeper(scroller.current!, content.current!, () => c.atEnd.peek(), moved);
    keeper.current = k;
    k.following = c.atEnd.peek();
    addEventListener("focus", moved);
    document.addEventListener("visibilitychange", moved);
    return () => {
      c.spot = k.spot();
      k.close();
      removeEventListener("focus", moved);
      document.removeEventListener("visibilitychange", moved);
    };
  }, [c]);
  const shown = rows.value;
  const before = useRef(shown);
  if (before.current !== shown) keeper.current?.hold();
  before.current = shown;
  useLayoutEffect(() => keeper.current!.settle(), [shown]);
  useLayoutEffect(() => { // a user who came to an end while a page was read does not scroll again
    readOn(c, keeper.current!);
  }, [c.loading.value]);
  const { landing } = c;
  useLayoutEffect(() => {
    landed.current = landing.value;
    if (landing.value) land(keeper.current!, content.current!, landing.value);
  }, [landing.value]);
  useEffect(() => {
    if (!c.here.value) return;
    const timer = setTimeout(() => (c.here.value = 0), hereMs);
    return () => clearTimeout(timer);
  }, [c.here.value, landing.value]);
  useAnnouncements(c);
  useFoundWords(c, content, shown);
  useImitating(c, imitators);

  const toRow = (e: Event) => (e.target as Element).closest<HTMLElement>(".msg")?.dataset["key"] ?? "";
  const long = useMemo(() => new LongPress(), []);
  const press = (e: PointerEvent) => {
    const row = (e.target as Element).closest<HTMLElement>(".msg[data-seq]");
    const m = row && c.messages.peek().find((x) => x.seq === Number(row.dataset["seq"]));
    if (m && !m.deleted) long.begin(e, () => openActions(c, m, row));
    else long.end();
  };
  const release = () => long.end();
  useEffect(() => release, []);

  return (
    <>
      <section
        ref={scroller} class="log scroll" role="log" aria-label={talk().log} aria-live="off" aria-busy={c.loading.value === "all"}
        onPointerOver={(e) => (active.value = toRow(e))} onPointerLeave={() => (active.value = "")}
        onFocusIn={(e) => { active.value = focused.value = toRow(e); }}
        onKeyDown={(e) => logKey(e, c, session, content.current!)}
        onPointerDown={press} onPointerUp={release} onPointerCancel={release} onPointerMove={(e) => long.move(e)}
        onContextMenu={(e) => { if (long.resting && matchMedia("(pointer: coarse)").matches) e.preventDefault(); }}
      >
        <div ref={content} class="fill">
          {shown.map((row) => <Kept key={row.key} row={row} log={log} />)}
        </div>
      </section>
      <Jumps conversation={c} away={away.value} unreadAbove={unreadAbove.value} toEnd={() => keeper.current?.end()} />
    </>
  );
}

/** Reads the next page if an end of what is loaded is near. */
function readOn(c: Conversation, k: Keeper): void {
  if (c.loading.peek() !== "" || c.failed.peek()) return;
  const { above, below } = k.distance();
  if (above < ahead && !c.atStart.peek()) void c.older();
  else if (below < ahead && !c.atEnd.peek()) void c.newer();
}

/** Draws a row. A row that is the same as before is not drawn again. */
function Kept({ row, log }: { row: Row; log: LogContext }): VNode {
  const drawn = useMemo(() => draw(row, log), [log, ...partsOf(row)]);
  return <Boundary instead={() => <Broken row={row} />}>{drawn}</Boundary>;
}

/** Stands for a row that cannot be drawn. The other rows stay. */
function Broken({ row }: { row: Row }) {
  const seq = row.kind === "message" ? row.message.seq : undefined;
  return <article class="msg first" data-key={row.key} data-seq={seq} tabIndex={-1}><p class="gone body">{talk().broken}</p></article>;
}

/** Returns what the look of a row depends on. */
function partsOf(r: Row): readonly unknown[] {
  switch (r.kind) {
    case "message":
      return [r.message, r.first, r.last, ""];
    case "pending":
      return [r.pending, r.first, r.last, ""];
    case "day":
      return [r.at, "", "", ""];
    case "unread":
      return [r.count, "", "", ""];
    case "note":
      return [r.event, "", "", ""];
    case "gap":
      return [r.key, "", "", ""];
  }
}

function draw(row: Row, log: LogContext): VNode {
  switch (row.kind) {
    case "day":
      return <Day at={row.at} id={row.key} />;
    case "unread":
      return <Unread count={row.count} id={row.key} />;
    case "gap":
      return <p class="event" data-key={row.key}><span>{talk().leftOut}</span></p>;
    case "note":
      return <Note event={row.event} id={row.key} />;
    case "message":
      return <MessageRow id={row.key} message={row.message} first={row.first} last={row.last} log={log} />;
    case "pending":
      return <PendingRow id={row.key} pending={row.pending} first={row.first} last={row.last} log={log} />;
  }
}

function Day({ at, id }: { at: number; id: string }) {
  return <h2 class="day" data-key={id} data-loose><span>{dayOf(at)}</span></h2>;
}

function Unread({ count, id }: { count: number; id: string }) {
  return <div class="unread" role="separator" data-key={id} data-loose><span>{talk().newFrom(count)}</span></div>;
}

function land(k: Keeper, content: HTMLElement, to: Landing): void {
  if (to.at === "end") return k.end();
  if (to.at === "spot") return void (k.return(to.spot) || k.end());
  if (to.at === "divider") {
    const divider = content.querySelector<HTMLElement>(".unread");
    return divider ? k.show(divider, 0.2) : k.end();
  }
  const row = content.querySelector<HTMLElement>(`[data-seq="${to.seq}"]`) ?? nextTo(content, to.seq);
  if (!row) return k.end();
  k.show(row, 0.4);
  row.focus({ preventScroll: true });
}

/** Returns the seq of a message's row, or of the last message before a row of another kind. */
function seqAt(row: HTMLElement | undefined): number {
  while (row && !row.dataset["seq"]) row = (row.previousElementSibling ?? undefined) as HTMLElement | undefined;
  return Number(row?.dataset["seq"] ?? 0);
}

/** Returns the row nearest to a message that is hidden or gone. */
function nextTo(content: HTMLElement, seq: number): HTMLElement | undefined {
  return [...content.querySelectorAll<HTMLElement>("[data-seq]")].find((r) => Number(r.dataset["seq"]) >= seq);
}

/** Tells whether the unread divider lies before what is loaded. */
function isFar(c: Conversation): boolean {
  const first = c.messages.peek()[0]?.seq;
  return first !== undefined && first > (c.divider.peek()?.after ?? Infinity) + 1;
}

interface JumpsProps {
  conversation: Conversation;
  away: boolean;
  unreadAbove: boolean;
  toEnd: () => void;
}

/** Shows the buttons that lead to the newest message, and to the first unread one. */
function Jumps({ conversation: c, away, unreadAbove, toEnd }: JumpsProps) {
  const session = useSession();
  const w = talk();
  const unread = session.channels.of(c.id).value.unread;
  const failed = c.failed.value !== undefined && c.messages.value.length > 0;
  if (!away && !unreadAbove && !failed) return null;
  const newest = () => void c.newest().then(toEnd);
  const first = () => void c.jump((c.divider.peek()?.after ?? 0) + 1).then(() => (c.divider.value = undefined));
  return (
    <div class="jumps">
      {failed && <button class="button small jump" type="button" onClick={() => void c.older()}>{w.olderFailed} {common().retry}</button>}
      {unreadAbove && <button class="button small jump" type="button" onClick={first}><Icon name="arrow-up" small />{w.firstUnread}</button>}
      {away && (
        <button class="button small jump" type="button" onClick={newest}>
          <Icon name="arrow-down" small />{unread > 0 ? w.newMessages(unread) : w.toNewest}
        </button>
      )}
    </div>
  );
}

/** Finds out which senders have a name that looks like another member's name. */
function useImitating(c: Conversation, imitators: Imitators): void {
  const { people } = useSession();
  const named = useComputed(() => JSON.stringify([...new Set(c.messages.value.map((m) => m.sender))].map((user) => ({ user, name: people.name(user) }))));
  useEffect(() => {
    const timer = setTimeout(() => void imitators.ask(JSON.parse(named.value) as { user: string; name: string }[]), namesCome);
    return () => clearTimeout(timer);
  }, [imitators, named.value]);
}

/**
 * Marks what was found in the message to which a search has led, as long as that is its last hit.
 */
function useFoundWords(c: Conversation, content: RefObject<HTMLElement | null>, shown: readonly Row[]): void {
  const { search } = useSession();
  const hit = search.current.value;
  useEffect(() => {
    const row = hit && content.current!.querySelector<HTMLElement>(`.msg[data-seq="${hit.startsWith(`${c.id}/`) ? hit.slice(c.id.length + 1) : 0}"]`);
    if (!row) return;
    void import("../ui/found.ts").then(({ markFound }) => row.isConnected && markFound(row, search.words), () => {}); // without marks the words are only less easy to see
  }, [hit, shown]);
  useEffect(() => () => void (hit && import("../ui/found.ts").then(({ unmarkFound }) => unmarkFound(), () => {})), [hit]);
}

/** Tells screen readers what others write. Each message is one announcement. */
function useAnnouncements(c: Conversation): void {
  const session = useSession();
  const told = useRef(0);
  useSignalEffect(() => {
    const newest: Message | undefined = c.messages.value.at(-1);
    if (!newest || !c.atEnd.value) return;
    const { seq } = newest;
    if (told.current && seq > told.current && newest.sender !== session.me) {
      say(talk().said(session.people.name(newest.sender), muchOf(newest)));
    }
    told.current = Math.max(told.current, seq);
  });
}
