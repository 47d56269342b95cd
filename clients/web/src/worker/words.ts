// What the worker says by itself. It cannot read what the app keeps for its own words.

const en = {
  message: "New message",
  mention: "Somebody mentioned you",
  general: "Something new for you",
  open: "Open Natterjack to see it.",
  read: "You have read everything",
  readMore: "Nothing new is waiting.",
  signedOut: "You are signed out on this device",
  signedOutMore: "It will not be told anything from now on.",
  tested: "This is a test",
  testedMore: "This device is told of new messages.",
  reply: "Reply",
  replyHint: "Write a reply",
  markRead: "Mark as read",
  replyKept: "Your reply is not sent yet",
  replyKeptMore: "It is kept here, and sent when you next open Natterjack.",
  replyLost: "Your reply could not be sent",
  notMarked: "It could not be marked as read",
  openAgain: "Open Natterjack and try again.",
};

const ja: typeof en = {
  message: "新着メッセージ",
  mention: "あなたへのメンション",
  general: "新しいお知らせがあります",
  open: "Natterjackを開いて確認してください。",
  read: "すべて既読です",
  readMore: "新しいメッセージはありません。",
  signedOut: "この端末ではログアウトしています",
  signedOutMore: "今後、この端末には通知されません。",
  tested: "通知のテスト",
  testedMore: "この端末に新着メッセージが通知されます。",
  reply: "返信",
  replyHint: "返信を書く",
  markRead: "既読にする",
  replyKept: "返信はまだ送信されていません",
  replyKeptMore: "この端末に残してあります。次にNatterjackを開いたときに送信します。",
  replyLost: "返信を送信できませんでした",
  notMarked: "既読にできませんでした",
  openAgain: "Natterjackを開いて、もう一度お試しください。",
};

export type Words = typeof en;

/** Returns the words of a language; without one, those of the browser's language. */
export function wordsIn(language: string | undefined, browser: readonly string[]): Words {
  const chosen = language ?? browser.find((tag) => /^(en|ja)\b/.test(tag))?.slice(0, 2);
  return chosen === "ja" ? ja : en;
}
