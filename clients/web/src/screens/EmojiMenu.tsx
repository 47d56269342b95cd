import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { allEmoji, findEmoji, type Emoji } from "../model/emoji.ts";
import { recentEmoji, usedEmoji } from "../model/recent.ts";
import { composing } from "../ui/keys.ts";
import { Menu, useClose } from "../ui/overlay.tsx";
import { Icon } from "../ui/Icon.tsx";
import { composer } from "../words/composer.ts";

interface EmojiMenuProps {
  at: Element;
  label: string;
  onPick: (emoji: string) => void;
}

/** Shows the emoji picker. */
export function EmojiMenu({ at, label, onPick }: EmojiMenuProps) {
  const [all, set] = useState<readonly Emoji[]>([]);
  const query = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  const close = useClose();
  const w = composer();
  useEffect(() => {
    field.current?.focus();
    void allEmoji().then(set);
  }, []);
  const pick = (emoji: string) => {
    usedEmoji(emoji);
    close();
    onPick(emoji);
  };
  const found = query.value.trim() ? findEmoji(all, query.value.trim(), 80) : undefined;
  const key = (e: KeyboardEvent) => {
    if (e.key !== "Enter" || composing(e)) return;
    e.preventDefault();
    if (found?.[0]) pick(found[0].emoji);
  };
  return (
    <Menu label={label} at={at} class="emoji-menu">
      <label class="field plain">
        <Icon name="search" small />
        <input ref={field} aria-label={w.emojiSearch} placeholder={w.emojiSearch} onInput={(e) => (query.value = e.currentTarget.value)} onKeyDown={key} />
      </label>
      <div class="scroll" onKeyDown={arrows}>
        {found ? <Cells emoji={found} onPick={pick} /> : <Groups all={all} onPick={pick} />}
        {found?.length === 0 && <p class="item soft">{w.noEmoji}</p>}
      </div>
    </Menu>
  );
}

function Groups({ all, onPick }: { all: readonly Emoji[]; onPick: (emoji: string) => void }) {
  const w = composer();
  const recent = useMemo(() => recentEmoji().map((emoji) => ({ emoji, name: emoji, group: -1, words: "" })), []);
  return (
    <>
      {recent.length > 0 && <section><h3 class="group-name">{w.emojiRecent}</h3><Cells emoji={recent} onPick={onPick} /></section>}
      {w.emojiGroups.map((title, group) => {
        const emoji = all.filter((e) => e.group === group);
        return title && emoji.length > 0 && (
          <section key={title}><h3 class="group-name">{title}</h3><Cells emoji={emoji} onPick={onPick} /></section>
        );
      })}
    </>
  );
}

function Cells({ emoji, onPick }: { emoji: readonly Emoji[]; onPick: (emoji: string) => void }) {
  return (
    <div class="cells">
      {emoji.map((e) => <button key={e.emoji} type="button" title={e.name.replaceAll("_", " ")} onClick={() => onPick(e.emoji)}>{e.emoji}</button>)}
    </div>
  );
}

/** Moves between cells with the arrow keys. */
function arrows(e: KeyboardEvent): void {
  const cells = [...(e.currentTarget as Element).querySelectorAll<HTMLElement>(".cells button")];
  const i = cells.indexOf(document.activeElement as HTMLElement);
  if (i < 0) return;
  const row = cells.findIndex((c, n) => n > 0 && c.offsetTop !== cells[0]!.offsetTop);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row > 0 ? row : 8, ArrowUp: row > 0 ? -row : -8 }[e.key];
  if (!step) return;
  e.preventDefault();
  e.stopPropagation();
  cells[Math.max(0, Math.min(cells.length - 1, i + step))]?.focus();
}
