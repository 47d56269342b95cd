import { numberOf } from "./format.ts";
import { dictionary } from "./language.ts";

/**
 * Words that the list and a conversation share: how far a message has got, and which members are
 * writing.
 */
export const states = dictionary(
  {
    pins: "Pinned messages",
    waiting: "Waiting",
    stored: "Sent",
    delivered: "Delivered",
    read: "Read",
    readBy: (n: number) => `Read by ${numberOf(n)}`,
    failed: "Not sent",
    typing: (name: string) => `${name} is writing`,
    typingTwo: (a: string, b: string) => `${a} and ${b} are writing`,
    typingMany: "Several people are writing",
    imitates: (name: string) => `Looks like ${name}`,
  },
  {
    pins: "固定されたメッセージ",
    waiting: "送信待ち",
    stored: "送信済み",
    delivered: "配信済み",
    read: "既読",
    readBy: (n: number) => `既読 ${numberOf(n)}`,
    failed: "未送信",
    typing: (name: string) => `${name}さんが入力中です`,
    typingTwo: (a: string, b: string) => `${a}さんと${b}さんが入力中です`,
    typingMany: "数人が入力中です",
    imitates: (name: string) => `${name}さんに似た名前`,
  },
);
