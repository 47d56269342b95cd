import type { Event, Message, Reaction } from "./wire.ts";

const shownReactors = 10; // a page of the log has as many names

/**
 * Returns a message as an event leaves it: edited, deleted, reacted to, or pinned. It returns the
 * same message if it has the event in it already, because a page of the log may be ahead of the
 * events.
 */
export function fold(m: Message, e: Event, me: string): Message {
  if (e.pos <= m.pos) return m;
  switch (e.kind) {
    case "edit":
      if (!e.content) return m;
      return { ...m, pos: e.pos, content: edited(m, e), edited: e.timestamp, edits: (m.edits ?? 0) + 1 };
    case "delete": {
      const { content: _, reactions: __, pinned: ___, ...rest } = m;
      return { ...rest, pos: e.pos, deleted: true };
    }
    case "reaction":
      return { ...m, pos: e.pos, reactions: reacted(m.reactions ?? [], e, me) };
    case "pin":
      return { ...m, pos: e.pos, pinned: !e.remove };
    default:
      return m;
  }
}

/** Returns the content after an edit. An edit without attachments keeps those of the message. */
function edited(m: Message, e: Event): NonNullable<Message["content"]> {
  const attachments = e.content!.attachments ?? m.content?.attachments;
  const kept = attachments?.map((a) => ({ ...m.content?.attachments?.find((old) => old.id === a.id), ...a }));
  return { ...e.content!, ...(kept && { attachments: kept }) };
}

function reacted(before: readonly Reaction[], e: Event, me: string): Reaction[] {
  const emoji = e.emoji ?? "";
  const found = before.find((r) => r.emoji === emoji);
  if (!found) return e.remove ? [...before] : [...before, one(emoji, e.sender, me)];
  return before.map((r) => (r === found ? counted(r, e, me) : r)).filter((r) => (r.count ?? 0) > 0);
}

const one = (emoji: string, user: string, me: string): Reaction => ({
  emoji, count: 1, own: user === me, users: [user],
});

function counted(r: Reaction, e: Event, me: string): Reaction {
  const own = e.sender === me ? !e.remove : (r.own ?? false);
  const others = r.users.filter((u) => u !== e.sender);
  const users = e.remove ? others : [...others, e.sender].slice(0, shownReactors);
  return { ...r, own, users, count: (r.count ?? r.users.length) + (e.remove ? -1 : 1) };
}
