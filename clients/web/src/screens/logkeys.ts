import type { Conversation } from "../model/conversation.ts";
import type { Session } from "../model/session.ts";
import type { Message } from "../model/wire.ts";
import { composing } from "../ui/keys.ts";
import { hide, markUnread, openActions, openDelete, openForward, openReactionPicker, startEdit, startReply, togglePin } from "./actions.tsx";

/** Handles a key in the log. It moves between messages, or acts on the message with the focus. */
export function logKey(e: KeyboardEvent, c: Conversation, session: Session, content: HTMLElement): void {
  const row = (e.target as Element).closest<HTMLElement>(".msg");
  if (!row || composing(e) || e.ctrlKey || e.altKey || e.metaKey || e.target !== row) return;
  if (move(e.key, row, content)) return e.preventDefault();
  const m = c.messages.peek().find((x) => x.seq === Number(row.dataset["seq"]));
  if (m && !m.deleted && act(e.key, m, c, session, row)) e.preventDefault();
}

function move(key: string, row: HTMLElement, content: HTMLElement): boolean {
  const rows = [...content.querySelectorAll<HTMLElement>(".msg")];
  const i = rows.indexOf(row);
  const next = { ArrowUp: rows[i - 1], ArrowDown: rows[i + 1], Home: rows[0], End: rows.at(-1) }[key];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}

function act(key: string, m: Message, c: Conversation, session: Session, row: HTMLElement): boolean {
  const own = m.sender === session.me;
  const does: Record<string, (() => void) | undefined> = {
    r: () => startReply(m),
    e: own && m.content && !m.content.forwarded ? () => startEdit(m) : undefined,
    "+": () => openReactionPicker(m, row),
    f: () => openForward(m),
    p: () => void togglePin(session, m),
    u: () => void markUnread(session, m),
    Delete: own ? () => openDelete(m) : () => void hide(session, m),
    Enter: () => openActions(c, m, row),
  };
  const doing = does[key.length === 1 ? key.toLowerCase() : key];
  doing?.();
  return doing !== undefined;
}
