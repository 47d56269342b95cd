import { dictionary } from "./language.ts";

/** Words about the pictures of people and of groups. */
export const picture = dictionary(
  {
    title: "Choose the part that is shown",
    part: "Part of the picture. The arrow keys move it.",
    zoom: "Size",
    use: "Use this picture",
    unreadable: "This file cannot be shown as a picture. Choose a JPEG, PNG, GIF or WebP file.",
  },
  {
    title: "表示する部分を選ぶ",
    part: "写真の表示部分。矢印キーで動かせます。",
    zoom: "大きさ",
    use: "この写真を使う",
    unreadable: "この写真は表示できません。JPEG、PNG、GIF、WebPのファイルを選んでください。",
  },
);
