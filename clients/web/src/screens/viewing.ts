import type { Attachment, Message } from "../model/wire.ts";

/** A picture or a video, and the message that has it. */
export interface Seen {
  channel: string;
  seq: number;
  sender: string;
  timestamp: number;
  file: Attachment;
  /** The message itself, if it is loaded. */
  message?: Message;
}

/** Returns all pictures and videos of messages, in their order. */
export function picturesOf(messages: readonly Message[]): Seen[] {
  return messages.flatMap((message) => {
    const { channel, seq, sender, timestamp } = message;
    const files = message.deleted ? [] : (message.content?.attachments ?? []);
    return files.filter((f) => f.kind === "image" || f.kind === "video").map((file) => ({ channel, seq, sender, timestamp, file, message }));
  });
}
