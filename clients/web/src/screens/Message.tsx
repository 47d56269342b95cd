import type { ComponentChildren } from "preact";
import { useComputed, type ReadonlySignal } from "@preact/signals";
import { muchOf } from "../model/summary.ts";
import type { Conversation } from "../model/conversation.ts";
import { explain } from "../model/explain.ts";
import type { Pending } from "../model/outbox.ts";
import { markOf } from "../model/receipts.ts";
import type { Message } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Mark, wordOf } from "../ui/Mark.tsx";
import { Markdown } from "../ui/Markdown.tsx";
import { Name } from "../ui/Name.tsx";
import { Time } from "../ui/Time.tsx";
import { common } from "../words/common.ts";
import { listOf } from "../words/format.ts";
import { langOf } from "../words/language.ts";
import { states } from "../words/states.ts";
import { talk } from "../words/talk.ts";
import { Attachments, Leaving } from "./lazies.ts";
import { Toolbar } from "./Toolbar.tsx";
import { openReaders, openVersions, toggleReaction } from "./actions.tsx";

/** What the rows of a log share. */
export interface LogContext {
  conversation: Conversation;
  /** The row under the pointer or with the focus, which has the toolbar. */
  active: ReadonlySignal<string>;
  /** The message that a link or a jump led to. */
  here: ReadonlySignal<number>;
  /** The row that Tab reaches. */
  stop: ReadonlySignal<string>;
  members: ReadonlySignal<number>;
  /** The member whose name a member's name imitates, by the id of the imitator. */
  imitators: ReadonlySignal<ReadonlyMap<string, string>>;
}

interface MessageProps {
  id: string; // key of the row
  message: Message;
  first: boolean;
  last: boolean;
  log: LogContext;
}

/** Shows a message in the log. */
export function MessageRow({ id, message: m, first, last, log }: MessageProps) {
  const { me } = useSession();
  const active = useComputed(() => log.active.value === id);
  const here = useComputed(() => log.here.value === m.seq);
  const stop = useComputed(() => log.stop.value === id);
  const own = m.sender === me;
  const classes = ["msg", first && "first", own && "mine", here.value && "here"].filter(Boolean).join(" ");
  return (
    <article class={classes} data-key={id} data-seq={m.seq} tabIndex={stop.value ? 0 : -1} aria-current={here.value || undefined}>
      {first && <Face of={m.sender} name={nameOf(m.sender)} />}
      {first ? <By user={m.sender} log={log} /> : <span class="sr"><Name user={m.sender} own /></span>}
      <span class="tail">
        {own && !m.deleted && <OwnMark message={m} last={last} log={log} />}
        <Time at={m.timestamp} />
      </span>
      <Body message={m} log={log} />
      {active.value && !m.deleted && <Toolbar message={m} conversation={log.conversation} />}
    </article>
  );

  function nameOf(user: string): string {
    return useSession().people.name(user);
  }
}

function By({ user, log }: { user: string; log: LogContext }) {
  const { people } = useSession();
  const imitates = useComputed(() => log.imitators.value.get(user)).value;
  return (
    <p class="by">
      <Name user={user} own class="cut" />
      {imitates && <span class="imitates"><span class="soft">@{user}</span> <Icon name="triangle-alert" small />{states().imitates(people.name(imitates))} (@{imitates})</span>}
    </p>
  );
}

function OwnMark({ message: m, last, log }: { message: Message; last: boolean; log: LogContext }) {
  const { receipts } = useSession();
  const mark = useComputed(() => {
    const { state, count } = markOf(receipts.of(m.channel).value, m.seq, log.members.value);
    return `${state} ${count}`; // a text, so that the row is drawn anew only if it differs
  });
  const [state, n] = mark.value.split(" ") as ["stored" | "delivered" | "read", string];
  const count = Number(n);
  const word = last && <span class={`is-${state}`} aria-hidden="true">{wordOf(state, count)}</span>;
  return (
    <>
      <Mark state={state} count={count} />
      {count > 0 && last
        ? <button type="button" class="word" aria-label={wordOf(state, count)} onClick={(e) => openReaders(log.conversation, m, e.currentTarget)}>{word}</button>
        : word}
    </>
  );
}

function Body({ message: m, log }: { message: Message; log: LogContext }) {
  const { me, people } = useSession();
  const w = talk();
  if (m.deleted || !m.content) {
    return <div class="body"><p class="gone">{w.deleted}</p></div>;
  }
  const { content } = m;
  return (
    <div class="body">
      {content.forwarded && <p class="event forwarded"><Icon name="forward" small /> {w.forwarded(people.name(content.forwarded.sender))}</p>}
      {content.reply_to && <Quote conversation={log.conversation} seq={content.reply_to} />}
      {content.attachments && <Attachments message={m} attachments={content.attachments} />}
      {content.text.trim() && <Markdown content={content} me={me} name={(user) => people.name(user)} />}
      <Extras message={m} log={log} />
    </div>
  );
}

/** Shows what belongs below a message: that it was edited or pinned, and the reactions. */
function Extras({ message: m, log }: { message: Message; log: LogContext }) {
  const w = talk();
  return (
    <>
      {(m.edited || m.pinned) && (
        <p class="traits">
          {m.pinned && <span class="pinned"><Icon name="pin" small />{w.pinned}</span>}
          {m.edited && (
            <button type="button" class="edited" onClick={(e) => openVersions(log.conversation, m, e.currentTarget)}>{w.edited}</button>
          )}
        </p>
      )}
      {m.reactions && m.reactions.length > 0 && <Reactions message={m} />}
    </>
  );
}

function Reactions({ message: m }: { message: Message }) {
  const session = useSession();
  const w = talk();
  return (
    <div class="reactions">
      {m.reactions!.map((r) => {
        const names = listOf(r.users.map((u) => (u === session.me ? common().you : session.people.name(u))));
        const count = r.count ?? r.users.length;
        return (
          <button
            key={r.emoji} type="button" class="reaction" aria-pressed={r.own ?? false}
            title={w.reactedWith(r.emoji, names)} aria-label={w.reactionsLabel(r.emoji, count)}
            onClick={() => void toggleReaction(session, m, r.emoji)}
          >
            {r.emoji} {count}
          </button>
        );
      })}
    </div>
  );
}

/**
 * Shows the message that another one answers, in one line. That message may not be loaded, or may
 * be gone.
 */
function Quote({ conversation, seq }: { conversation: Conversation; seq: number }) {
  const { people } = useSession();
  const w = talk();
  const original = useComputed(() => conversation.messages.value.find((m) => m.seq === seq) ?? conversation.quoted(seq).value);
  const m = original.value;
  if (m?.deleted) return <p class="quote gone">{w.quoteGone}</p>;
  const text = m ? muchOf(m) : w.quoteFar;
  return (
    <button type="button" class="quote" onClick={() => void conversation.jump(seq)}>
      {m && <b><bdi>{people.name(m.sender)}</bdi></b>}
      <span class="cut" lang={langOf(text)} dir="auto">{text}</span>
    </button>
  );
}

interface PendingProps {
  id: string;
  pending: Pending;
  first: boolean;
  last: boolean;
  log: LogContext;
}

/** Shows a message that is not known to be stored. It waits, or says why it was not sent. */
export function PendingRow({ id, pending: p, first, last, log }: PendingProps) {
  const { me, people, outbox } = useSession();
  const stop = useComputed(() => log.stop.value === id);
  const state = p.fault ? "failed" : "waiting";
  const classes = ["msg", "mine", first && "first"].filter(Boolean).join(" ");
  return (
    <article class={classes} data-key={id} data-pending={p.clientId} tabIndex={stop.value ? 0 : -1}>
      {first && <Face of={me} name={people.name(me)} />}
      {first && <By user={me} log={log} />}
      <span class="tail">
        <Mark state={state} />
        {(last || p.fault) && <span class={`is-${state}`} aria-hidden="true">{wordOf(state)}</span>}
        <Time at={p.at} />
      </span>
      <div class="body">
        {p.content.reply_to && <Quote conversation={log.conversation} seq={p.content.reply_to} />}
        {p.content.attachments && <Attachments attachments={p.content.attachments} />}
        {p.files && <Leaving pending={p} files={p.files} />}
        {p.content.text.trim() && <Markdown content={p.content} me={me} name={(user) => people.name(user)} />}
        {p.fault && !p.files && (
          <Fault text={explain(p.fault)} details={p.fault.message}>
            <button class="button quiet small" type="button" onClick={() => outbox.retry(p)}>{common().retry}</button>
            <button class="button quiet small" type="button" onClick={() => outbox.drop(p)}>{common().delete}</button>
          </Fault>
        )}
      </div>
    </article>
  );
}

/** Shows why something failed, and the next step. */
export function Fault({ text, details, children }: { text: string; details?: string; children?: ComponentChildren }) {
  return (
    <div class="fault">
      <Icon name="triangle-alert" small />
      <span title={details}>{text}</span>
      {children}
    </div>
  );
}
