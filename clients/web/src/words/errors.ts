import { numberOf } from "./format.ts";
import { dictionary } from "./language.ts";

/** What happened and what to do, in a sentence, for each code of an error. */
export const errors = dictionary(
  {
    outdated: "This app is out of date. Reload it.",
    tooLong: (by: number) => `Too long by ${numberOf(by)} characters.`,
    tooLarge: "This is too large.",
    invalid: (what: string) => `This can’t be used: ${what}`,
    signIn: "Please sign in again. Drafts are kept.",
    issuer: "Your organisation’s sign-in has another name than this server expects. Tell whoever runs the server.",
    forbidden: "You can’t do that here, or it no longer exists.",
    notFound: "This no longer exists.",
    conflict: "Copy this and send it anew.",
    tooFast: (s: number) => `A little fast. You can write again in ${numberOf(s)} s.`,
    unavailable: "The server is switching over. We’ll send it shortly.",
    timeout: "No answer yet. We’ll check before sending again.",
    storageFull: "The server is full. Your message is kept here.",
    quota: "There is no room left for files. Delete some first.",
    internal: "Something broke on the server. Try again.",
    lost: "There is no connection.",
    details: "Details",
  },
  {
    outdated: "アプリが古くなっています。再読み込みしてください。",
    tooLong: (by: number) => `あと${numberOf(by)}文字減らしてください。`,
    tooLarge: "大きすぎます。",
    invalid: (what: string) => `使えない内容があります：${what}`,
    signIn: "もう一度ログインしてください。下書きは残っています。",
    issuer: "組織のログイン先の名前が、このサーバーの設定と一致しません。サーバーの管理者に知らせてください。",
    forbidden: "この操作はできないか、対象がすでにありません。",
    notFound: "対象がすでにありません。",
    conflict: "お手数ですが、コピーして送り直してください。",
    tooFast: (s: number) => `少し間をあけてください。${numberOf(s)}秒後に書き込めます。`,
    unavailable: "サーバーを切り替えています。まもなく送信します。",
    timeout: "まだ応答がありません。届いたか確かめてから再送します。",
    storageFull: "サーバーの容量がいっぱいです。メッセージはこの端末に残しています。",
    quota: "ファイルを置く容量がありません。不要なファイルを削除してください。",
    internal: "サーバーで問題が起きました。もう一度お試しください。",
    lost: "接続していません。",
    details: "詳しい情報",
  },
);
