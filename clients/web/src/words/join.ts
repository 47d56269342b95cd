import { numberOf, plural } from "./format.ts";
import { dictionary } from "./language.ts";

/** Words of the page of an invite. */
export const join = dictionary(
  {
    title: "You are invited to a group",
    note: "What it is called and who is in it, you see once you have joined.",
    join: "Join",
    askedTitle: "You have asked to join",
    asked: "An admin will let you in. This page opens the group then.",
    uselessTitle: "This link lets nobody in",
    useless: "It has expired, was used up or was ended, or you were removed from the group. Ask an admin for another one.",
    open: "Go to the conversations",
    openGroup: "Open the group",
    already: "You are already a member.",
    people: (n: number) => plural(n, "1 person", `${numberOf(n)} people`),
  },
  {
    title: "グループに招待されています",
    note: "グループの名前とメンバーは、参加すると表示されます。",
    join: "参加",
    askedTitle: "参加を申請しました",
    asked: "管理者が承認すると参加できます。承認されると、この画面からグループが開きます。",
    uselessTitle: "このリンクは使えません",
    useless: "期限切れ、回数の上限、または取り消しのため使えません。グループから外された場合も使えません。管理者に新しいリンクをもらってください。",
    open: "トーク一覧へ",
    openGroup: "グループを開く",
    already: "すでにメンバーです。",
    people: (n: number) => `${numberOf(n)}人`,
  },
);
