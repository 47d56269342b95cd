import { Dialog } from "../ui/overlay.tsx";
import { dictionary } from "../words/language.ts";

const words = dictionary(
  {
    title: "Keys",
    everywhere: [["Ctrl K", "find a chat"], ["Ctrl F", "search here"], ["Ctrl Shift F", "search everywhere"], ["Alt ↑ ↓", "previous or next chat"], ["Alt Shift ↑ ↓", "with unread messages"], ["Ctrl I", "details"], ["Ctrl ,", "settings"]],
    composer: [["Enter", "send"], ["Shift Enter", "new line"], ["↑", "edit your last message"], ["Esc", "stop replying or editing"]],
    log: [["↑ ↓", "message"], ["Home End", "first, last"], ["R", "reply"], ["E", "edit"], ["+", "react"], ["F", "forward"], ["P", "pin"], ["U", "mark unread"], ["Del", "delete"], ["Enter", "all actions"]],
    names: ["Everywhere", "Where you write", "In the messages"],
  },
  {
    title: "キー操作",
    everywhere: [["Ctrl K", "トークを探す"], ["Ctrl F", "ここで検索"], ["Ctrl Shift F", "すべてを検索"], ["Alt ↑ ↓", "前後のトーク"], ["Alt Shift ↑ ↓", "未読のあるトーク"], ["Ctrl I", "詳細"], ["Ctrl ,", "設定"]],
    composer: [["Enter", "送信"], ["Shift Enter", "改行"], ["↑", "最後のメッセージを編集"], ["Esc", "返信や編集をやめる"]],
    log: [["↑ ↓", "メッセージを移動"], ["Home End", "最初、最後"], ["R", "返信"], ["E", "編集"], ["+", "リアクション"], ["F", "転送"], ["P", "固定"], ["U", "未読にする"], ["Del", "削除"], ["Enter", "すべての操作"]],
    names: ["どこでも", "入力中", "メッセージの上"],
  },
);

/** Shows the list of keys. */
export function Keys() {
  const w = words();
  return (
    <Dialog label={w.title} class="narrow">
      <div class="pad scroll" tabIndex={0}>
        <h2>{w.title}</h2>
        {[w.everywhere, w.composer, w.log].map((part, i) => (
          <section key={i}>
            <h3 class="group-name">{w.names[i]}</h3>
            <dl class="facts">{part.map(([keys, does]) => <><dt><kbd>{keys}</kbd></dt><dd>{does}</dd></>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
