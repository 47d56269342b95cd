import type { Conversation } from "../model/conversation.ts";
import { explain, faultOf } from "../model/explain.ts";
import { unreadFlag, type Session } from "../model/session.ts";
import type { Message } from "../model/wire.ts";
import { about, focusComposer } from "../model/writing.ts";
import { say } from "../ui/announce.ts";
import { lazy } from "../ui/lazy.tsx";
import { show } from "../ui/overlay.tsx";

const menus = () => import("./MessageMenus.tsx");
const ActionsMenu = lazy(() => menus().then((m) => m.ActionsMenu));
const Readers = lazy(() => menus().then((m) => m.Readers));
const Versions = lazy(() => menus().then((m) => m.Versions));
const ConfirmDelete = lazy(() => menus().then((m) => m.ConfirmDelete));
const ReactionMenu = lazy(() => menus().then((m) => m.ReactionMenu));
const Forward = lazy(() => import("./Forward.tsx").then((m) => m.Forward));

/** Begins an answer to a message. */
export function startReply(message: Message): void {
  about.value = { kind: "reply", message };
  focusComposer();
}

/** Begins to change a message. */
export function startEdit(message: Message): void {
  about.value = { kind: "edit", message };
  focusComposer();
}

/** Adds a reaction of this user, or takes it back. */
export async function toggleReaction(session: Session, m: Message, emoji: string): Promise<void> {
  const own = m.reactions?.some((r) => r.emoji === emoji && r.own) ?? false;
  await attempt(session.link.request("react", { channel: m.channel, seq: m.seq, emoji, ...(own && { remove: true }) }));
}

/** Pins a message for all members, or removes the pin. */
export const togglePin = (session: Session, m: Message): Promise<void> =>
  attempt(session.link.request("pin", { channel: m.channel, seq: m.seq, ...(m.pinned && { remove: true }) }));

/** Marks a channel unread from a message on, on all devices of the user. */
export const markUnread = (session: Session, m: Message): Promise<void> =>
  attempt(session.settings.set(unreadFlag + m.channel, String(m.seq)));

/** Hides a message on all devices of this user. */
export async function hide(session: Session, m: Message): Promise<void> {
  await attempt(session.settings.set(`hide/${m.channel}/${m.seq}`, "1"));
}

/** Opens the emoji picker for a reaction. */
export function openReactionPicker(m: Message, at: Element): void {
  void show(() => <ReactionMenu message={m} at={at} />);
}

/** Opens all actions on a message. */
export function openActions(conversation: Conversation, m: Message, at: Element): void {
  void show(() => <ActionsMenu conversation={conversation} message={m} at={at} />);
}

/** Opens the list of members who have read or received a message. */
export function openReaders(conversation: Conversation, m: Message, at: Element): void {
  void show(() => <Readers conversation={conversation} message={m} at={at} />);
}

/** Opens the earlier versions of a message. */
export function openVersions(conversation: Conversation, m: Message, at: Element): void {
  void show(() => <Versions conversation={conversation} message={m} at={at} />);
}

/** Opens the choice of where to forward a message. */
export function openForward(m: Message): void {
  void show(() => <Forward message={m} />);
}

/** Asks, and then deletes a message for all members. */
export function openDelete(m: Message): void {
  void show(() => <ConfirmDelete message={m} />);
}

/** Does something, and says why if it is refused. */
export async function attempt(doing: Promise<unknown>): Promise<void> {
  try {
    await doing;
  } catch (error) {
    say(explain(faultOf(error)), { visible: true });
  }
}
