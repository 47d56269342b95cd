import { explain, faultOf } from "../model/explain.ts";
import { countWritten } from "../model/hint.ts";
import { mentionsIn } from "../model/mentions.ts";
import type { Session } from "../model/session.ts";
import type { Content, Message } from "../model/wire.ts";
import { say } from "../ui/announce.ts";

/** Sends the text that was written, with the files of the tray. */
export function sendNew(session: Session, channel: string, text: string, replyTo: number | undefined): void {
  const trimmed = text.trim();
  const mentions = mentionsIn(trimmed, session.membersOf(channel));
  const content: Content = {
    text: trimmed,
    ...(replyTo && { reply_to: replyTo }),
    ...(mentions.length > 0 && { mentions }),
  };
  if (session.tray.of(channel).peek().length > 0) session.tray.leave(channel, content);
  else session.outbox.send(channel, content);
  countWritten();
}

/** Changes a message. The message keeps its attachments, and the message that it answers. */
export function sendEdit(session: Session, m: Message, text: string): void {
  const trimmed = text.trim();
  if (trimmed === m.content?.text) return;
  const mentions = mentionsIn(trimmed, session.membersOf(m.channel));
  const content: Content = {
    text: trimmed,
    ...(m.content?.reply_to && { reply_to: m.content.reply_to }),
    ...(mentions.length > 0 && { mentions }),
    ...(m.content?.attachments && { attachments: m.content.attachments.map(({ id, caption }) => ({ id, ...(caption && { caption }) })) }),
  };
  session.link.request("edit", { channel: m.channel, seq: m.seq, content }).catch((error: unknown) => {
    say(explain(faultOf(error)), { visible: true });
  });
}
