import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { allEmoji, findEmoji } from "../model/emoji.ts";
import { usedEmoji } from "../model/recent.ts";
import { begun, emojiBegun, wordFor } from "../model/mentions.ts";
import { matches } from "../model/matching.ts";
import { isDirect } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Face } from "../ui/Face.tsx";
import { Icon } from "../ui/Icon.tsx";
import { common } from "../words/common.ts";
import { composer } from "../words/composer.ts";

const most = 8;

/** An offer that can replace what was begun. */
export interface Choice {
  key: string;
  insert: string;
  show: () => preact.ComponentChildren;
  chosen?: () => void;
}

/** What the picker above the composer offers. */
export interface PickerState {
  open: Signal<boolean>;
  choices: Signal<readonly Choice[]>;
  at: Signal<number>;
  label: Signal<string>;
  /** Looks at what is before the caret. */
  look: () => void;
  close: () => void;
  /** Takes a key if the picker is open; false leaves it to the composer. */
  key: (e: KeyboardEvent) => boolean;
  choose: (i: number) => void;
}

/** Offers members after an "@", and emoji after a colon. */
export function usePicker(channel: string, area: { current: HTMLTextAreaElement | null }, text: Signal<string>): PickerState {
  const session = useSession();
  const open = useSignal(false);
  const choices = useSignal<readonly Choice[]>([]);
  const at = useSignal(0);
  const label = useSignal("");
  const from = useSignal(0);
  const dismissed = useSignal(-1); // where Esc was pressed; nothing is offered there again

  const offer = (start: number, found: readonly Choice[], name: string) => {
    from.value = start;
    choices.value = found;
    at.value = 0;
    label.value = name;
    open.value = found.length > 0 && dismissed.peek() !== start;
  };
  const look = () => {
    const a = area.current;
    if (!a || a.selectionStart !== a.selectionEnd) return void (open.value = false);
    const mention = begun(a.value, a.selectionStart);
    if (mention) return offer(mention.from, people(mention.query), composer().mention);
    const emoji = emojiBegun(a.value, a.selectionStart);
    if (!emoji) {
      open.value = false;
      dismissed.value = -1;
      return;
    }
    void allEmoji().then((all) => offer(emoji.from, findEmoji(all, emoji.query, most).map(emojiChoice), composer().emoji));
  };
  const people = (query: string): Choice[] => {
    const members = session.membersOf(channel);
    const offered = members.filter((m) => matches(query, m.name, m.user)).slice(0, most);
    const found = offered.map((m): Choice => ({ key: m.user, insert: `${wordFor(m, members)} `, show: () => <Person {...m} channel={channel} /> }));
    if (isDirect(channel)) return found;
    const n = session.channels.get(channel)?.member_count ?? 0;
    for (const [word, note] of [["channel", composer().everyone(n)], ["here", composer().here]] as const) {
      if (word.startsWith(query)) found.push({ key: `@${word}`, insert: `@${word} `, show: () => <><Icon name="users" /><span>@{word}</span><span class="soft note">{note}</span></> });
    }
    return found;
  };
  const choose = (i: number) => {
    const a = area.current;
    const choice = choices.peek()[i];
    if (!a || !choice) return;
    a.setRangeText(choice.insert, from.peek(), a.selectionStart, "end");
    text.value = a.value;
    a.dispatchEvent(new Event("input", { bubbles: true }));
    choice.chosen?.();
    open.value = false;
    a.focus();
  };
  const key = (e: KeyboardEvent): boolean => {
    if (!open.peek()) return false;
    const n = choices.peek().length;
    if (e.key === "ArrowDown") at.value = (at.peek() + 1) % n;
    else if (e.key === "ArrowUp") at.value = (at.peek() + n - 1) % n;
    else if ((e.key === "Enter" && !e.shiftKey) || e.key === "Tab") choose(at.peek());
    else if (e.key === "Escape") {
      dismissed.value = from.peek();
      open.value = false;
    } else return false;
    e.preventDefault();
    return true;
  };
  useEffect(() => void session.members.load(channel), [channel]);
  return { open, choices, at, label, look, close: () => (open.value = false), key, choose };
}

function emojiChoice(e: { emoji: string; name: string }): Choice {
  return {
    key: e.emoji,
    insert: e.emoji + " ",
    show: () => <><span>{e.emoji}</span><span>:{e.name}:</span></>,
    chosen: () => usedEmoji(e.emoji),
  };
}

function Person({ user, name, channel }: { user: string; name: string; channel: string }) {
  const { members } = useSession();
  const role = members.roleOf(channel, user);
  return (
    <>
      <Face of={user} name={name} size="tiny" /><span class="cut"><bdi>{name}</bdi></span>
      {name !== user && <span class="soft note cut">@{user}</span>}
      {(role === "owner" || role === "admin") && <span class="role push">{common().roles[role as "owner" | "admin"]}</span>}
    </>
  );
}

/** Shows the list above the composer. The keyboard focus stays in the composer. */
export function Picker({ picker: p }: { picker: PickerState }) {
  if (!p.open.value) return null;
  return (
    <ul class="pop picker" role="listbox" id="picker" aria-label={p.label.value}>
      {p.choices.value.map((c, i) => (
        <li
          key={c.key} id={`pick${i}`} role="option" aria-selected={i === p.at.value}
          onPointerDown={(e) => { e.preventDefault(); p.choose(i); }}
        >{c.show()}</li>
      ))}
    </ul>
  );
}
