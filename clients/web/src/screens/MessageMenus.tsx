import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../model/conversation.ts";
import { explain, faultOf } from "../model/explain.ts";
import { pathOf } from "../model/route.ts";
import { muchOf } from "../model/summary.ts";
import type { Message } from "../model/wire.ts";
import { say } from "../ui/announce.ts";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { Markdown } from "../ui/Markdown.tsx";
import { Name } from "../ui/Name.tsx";
import { Dialog, Menu, useClose } from "../ui/overlay.tsx";
import { common } from "../words/common.ts";
import { timeOf } from "../words/format.ts";
import { talk } from "../words/talk.ts";
import {
  attempt, hide, markUnread, openDelete, openForward, openReactionPicker, openReaders, startEdit, startReply, togglePin, toggleReaction,
} from "./actions.tsx";
import { EmojiMenu } from "./EmojiMenu.tsx";

const quick = ["🐸", "👍", "😂", "😮", "🙏", "❤️"];

/** Lets a user choose an emoji for a reaction. */
export function ReactionMenu({ message, at }: { message: Message; at: Element }) {
  const session = useSession();
  const w = talk();
  return <EmojiMenu at={at} label={w.react} onPick={(emoji) => void toggleReaction(session, message, emoji)} />;
}

interface ItemProps {
  icon: IconName;
  danger?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

/** Shows an item of a menu. A press closes the menu, and then acts. */
export function Item({ icon, danger = false, onClick, children }: ItemProps) {
  const close = useClose();
  const act = () => {
    close();
    onClick();
  };
  return <button class={danger ? "item danger" : "item"} type="button" onClick={act}><Icon name={icon} />{children}</button>;
}

interface AboutProps {
  conversation: Conversation;
  message: Message;
  at: Element;
}

/** Shows all actions on a message. */
export function ActionsMenu({ conversation, message: m, at }: AboutProps) {
  const session = useSession();
  const w = talk();
  const own = m.sender === session.me;
  const role = session.channels.get(m.channel)?.role;
  const manages = role === "owner" || role === "admin";
  const pins = manages || m.channel.includes("~");
  return (
    <Menu label={w.actions} at={at}>
      <p class="note soft cut hand-only said"><b><Name user={m.sender} own /></b> {muchOf(m)}</p>
      <QuickReactions message={m} at={at} />
      <Item icon="reply" onClick={() => startReply(m)}>{w.reply}</Item>
      {own && m.content && !m.content.forwarded && <Item icon="pencil" onClick={() => startEdit(m)}>{w.edit}</Item>}
      <Item icon="forward" onClick={() => openForward(m)}>{w.forward}</Item>
      {m.content?.text && <Item icon="copy" onClick={() => void copy(m.content!.text)}>{w.copyText}</Item>}
      <Item icon="link" onClick={() => void copy(location.origin + pathOf({ screen: "talk", channel: m.channel, seq: m.seq }))}>{w.copyLink}</Item>
      {pins && <Item icon="pin" onClick={() => void togglePin(session, m)}>{m.pinned ? w.unpin : w.pin}</Item>}
      <Item icon="mail" onClick={() => void markUnread(session, m)}>{w.markUnread}</Item>
      {own && <Item icon="check-check" onClick={() => openReaders(conversation, m, at)}>{w.whoRead}</Item>}
      <Item icon="eye-off" danger onClick={() => void hide(session, m)}>{w.deleteForMe}</Item>
      {(own || manages) && <Item icon="trash-2" danger onClick={() => openDelete(m)}>{w.deleteForAll}</Item>}
    </Menu>
  );
}

function QuickReactions({ message, at }: { message: Message; at: Element }) {
  const session = useSession();
  const close = useClose();
  const react = (emoji: string) => {
    close();
    void toggleReaction(session, message, emoji);
  };
  const more = () => {
    close();
    openReactionPicker(message, at);
  };
  return (
    <div class="quick">
      {quick.map((e) => <button key={e} type="button" aria-label={e} onClick={() => react(e)}>{e}</button>)}
      <button type="button" aria-label={talk().moreEmoji} onClick={more}><Icon name="smile-plus" /></button>
    </div>
  );
}

/** Shows which members have read a message, and which have received it. */
export function Readers({ message: m, at }: AboutProps) {
  const { me, receipts } = useSession();
  const w = talk();
  const all = [...receipts.of(m.channel).value.by.values()].filter((c) => c.user !== me);
  const read = all.filter((c) => (c.read ?? 0) >= m.seq);
  const delivered = all.filter((c) => (c.read ?? 0) < m.seq && (c.delivered ?? 0) >= m.seq);
  const people = (users: typeof all) => users.map((c) => (
    <p key={c.user} class="item"><Face of={c.user} name={c.user} size="tiny" /><Name user={c.user} class="cut" /></p>
  ));
  return (
    <Menu label={w.whoRead} at={at} class="scroll">
      {read.length > 0 && <p class="group-name">{w.readByList(read.length)}</p>}
      {people(read)}
      {delivered.length > 0 && <p class="group-name">{w.deliveredTo(delivered.length)}</p>}
      {people(delivered)}
      {!read.length && !delivered.length && <p class="item soft">{w.nobodyYet}</p>}
      <CloseForReaders />
    </Menu>
  );
}

/** Shows the earlier versions of a message. */
export function Versions({ message: m, at }: AboutProps) {
  const { link, me, people } = useSession();
  const w = talk();
  const [versions, set] = useState<readonly { timestamp: number; content: NonNullable<Message["content"]> }[]>([]);
  const [failed, fail] = useState("");
  useEffect(() => {
    link.request("get_versions", { channel: m.channel, seq: m.seq }).then(
      (reply) => set(reply.versions.toReversed()),
      (error: unknown) => fail(explain(faultOf(error))),
    );
  }, []);
  return (
    <Menu label={w.versions} at={at} class="scroll">
      {failed && <p class="item is-failed">{failed}</p>}
      {versions.map((v, i) => (
        <div key={v.timestamp}>
          <p class="group-name">{(i === versions.length - 1 ? w.versionFirst : w.versionEdited)(timeOf(v.timestamp))}</p>
          <div class={i ? "item soft" : "item"}><Markdown content={v.content} me={me} name={(user) => people.name(user)} /></div>
        </div>
      ))}
      <CloseForReaders />
    </Menu>
  );
}

/** Shows a button that closes, for users who neither see the page behind nor have an Esc key. */
function CloseForReaders() {
  const close = useClose();
  return <button class="sr" type="button" onClick={close}>{common().close}</button>;
}

/** Asks before a message is deleted for all members. */
export function ConfirmDelete({ message: m }: { message: Message }) {
  const session = useSession();
  const close = useClose();
  const w = talk();
  const act = () => {
    close();
    void attempt(session.link.request("delete", { channel: m.channel, seq: m.seq }));
  };
  return (
    <Dialog label={w.deleteForAll} class="narrow pad">
      <h2>{w.deleteForAll}</h2>
      <p class="quote"><span class="cut">{muchOf(m)}</span></p>
      <p>{w.deleteForAllWarning}</p>
      <p class="choices">
        <button class="button" type="button" onClick={close}>{common().cancel}</button>
        <button class="button danger" type="button" onClick={act}>{common().delete}</button>
      </p>
    </Dialog>
  );
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  say(common().copied, { visible: true });
}
