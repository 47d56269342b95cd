import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { keysAreNew } from "../model/hint.ts";
import { titleOf } from "../model/naming.ts";
import { muchOf } from "../model/summary.ts";
import { wire } from "natterjack";
import { about, focusAsked, type About } from "../model/writing.ts";
import { partnerIn } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { show } from "../ui/overlay.tsx";
import { common } from "../words/common.ts";
import { timeOf } from "../words/format.ts";
import { composer } from "../words/composer.ts";
import { EmojiMenu, FormChoice, TrayList } from "./lazies.ts";
import { Picker, usePicker } from "./Picker.tsx";
import { startEdit } from "./actions.tsx";
import { heldOver, pick } from "./dropping.ts";
import { sendEdit, sendNew } from "./sending.ts";
import { Voice } from "./lazies.ts";
import { typingText } from "./List.tsx";

/** Shows the field in which the user writes, or why they cannot. */
export function Composer({ id }: { id: string }) {
  const session = useSession();
  const c = session.channels.of(id).value;
  const partner = partnerIn(id, session.me);
  const blocked = session.settings.of(`block/${partner ?? ""}`).value === "1";
  const w = composer();
  const why = c.archived ? w.archived : c.role === "reader" ? w.readOnly : blocked ? w.blocked : "";
  return (
    <div class="foot">
      <Typing id={id} />
      {why
        ? <div class="composer closed"><p class="note soft"><Icon name="lock" small />{why}</p></div>
        : <Form id={id} title={titleOf(c, session.people)} />}
    </div>
  );
}

function Typing({ id }: { id: string }) {
  const session = useSession();
  const users = session.typing.of(id).value;
  return (
    <div class="typing" role="status">
      {users.length > 0 && <><span class="throat" /><span>{typingText(users, (u) => session.people.name(u))}</span></>}
    </div>
  );
}

function Form({ id, title }: { id: string; title: string }) {
  const session = useSession();
  const area = useRef<HTMLTextAreaElement>(null);
  const text = useSignal(session.drafts.of(id).peek()?.text ?? "");
  const recording = useSignal(false);
  const picker = usePicker(id, area, text);
  const w = composer();
  const tray = session.tray.of(id).value;
  const slow = useSlowMode(id);
  const limit = session.link.state.value.limits.text_bytes;
  const tooLong = useComputed(() => Math.max(0, bytesOf(text.value) - limit));
  // Several messages keep their order only if all files are there when the first one leaves.
  const stuck = tray.some((p) => p.fault.value || (tray.length > wire.maxAttachments && !p.stored.value));
  const pictures = tray.some((p) => p.source.type.startsWith("image/") && p.source.type !== "image/gif");
  const editing = about.value?.kind === "edit";
  const held = heldOver.value;
  const can = (text.value.trim() !== "" || tray.length > 0) && !stuck && slow === 0 && tooLong.value === 0;

  useLayoutEffect(() => {
    if (matchMedia("(min-width: 44.01rem)").matches) area.current!.focus({ preventScroll: true });
    return () => (about.value = undefined);
  }, []);
  useFocusAsked(area);
  useAbout(id, text, area);
  useDraftOfOthers(id, text, area);
  useBegunReply(id);

  const put = (value: string) => {
    text.value = value;
    if (about.peek()?.kind !== "edit") session.drafts.keep(id, draftOf(value));
    if (value.trim()) session.link.typing(id);
  };
  const submit = () => {
    if (!can) return;
    const now = about.peek();
    if (now?.kind === "edit") sendEdit(session, now.message, text.peek());
    else sendNew(session, id, text.peek(), now?.message.seq);
    about.value = undefined;
    text.value = now?.kind === "edit" ? (session.drafts.of(id).peek()?.text ?? "") : "";
    if (now?.kind !== "edit") session.drafts.keep(id, undefined);
    area.current!.focus({ preventScroll: true });
  };
  const key = (e: KeyboardEvent) => {
    if (composing(e) || picker.key(e)) return;
    if (e.key === "Enter" && !e.shiftKey && !coarse()) {
      e.preventDefault();
      submit();
    } else if (e.key === "Escape" && about.peek()) {
      e.preventDefault();
      about.value = undefined;
    } else if (e.key === "ArrowUp" && text.peek() === "" && !about.peek()) {
      const own = session.conversation(id).messages.peek().findLast((m) => m.sender === session.me && m.content && !m.content.forwarded);
      if (!own) return;
      e.preventDefault();
      startEdit(own);
    }
  };
  const files = (all: FileList | null | undefined) => {
    if (!all?.length || editing) return false;
    pick(session, id, all);
    return true;
  };

  if (recording.value) return <Voice channel={id} done={() => (recording.value = false)} />;
  return (
    <form
      class={held ? "composer over" : "composer"} onSubmit={(e) => { e.preventDefault(); submit(); }}
    >
      <Picker picker={picker} />
      {about.value && <AboutLine about={about.value} />}
      {tray.length > 0 && !editing && <TrayList channel={id} />}
      <textarea
        ref={area} rows={1} value={text.value} dir="auto" aria-label={editing ? w.editLabel : w.message(title)}
        placeholder={held ? w.drop(held) : tray.length ? w.addText : slow ? w.slow(slow) : w.message(title)} enterkeyhint="send"
        aria-controls={picker.open.value ? "picker" : undefined} aria-activedescendant={picker.open.value ? `pick${picker.at.value}` : undefined}
        onInput={(e) => { put(e.currentTarget.value); picker.look(); }} onKeyDown={key} onSelect={() => picker.look()} onBlur={() => picker.close()}
        onPaste={(e) => { if (!isText(e.clipboardData) && files(e.clipboardData?.files)) e.preventDefault(); }}
      />
      <div class="tools">
        {!editing && (
          <label class="tool" title={w.attach}>
            <Icon name="plus" /><span class="sr">{w.attach}</span>
            <input class="sr" type="file" multiple onChange={(e) => { files(e.currentTarget.files); e.currentTarget.value = ""; }} />
          </label>
        )}
        <button class="tool" type="button" aria-label={w.emoji} onClick={(e) => openEmoji(e.currentTarget, (emoji) => put(inserted(area.current!, emoji)))}><Icon name="smile" /></button>
        {!editing && <button class="tool" type="button" aria-label={w.voice} data-do="voice" onClick={() => (recording.value = true)}><Icon name="mic" /></button>}
        {pictures && !editing && tooLong.value === 0 && slow === 0 ? <FormChoice channel={id} /> : <Hint id={id} slow={slow} tooLong={tooLong.value} />}
        {editing
          ? <button class="button main" disabled={!can}>{common().save}</button>
          : <button class="send" aria-label={common().send} disabled={!can}><Icon name="arrow-up" /></button>}
      </div>
    </form>
  );
}

/** Shows the text between the tools and the send button: a limit, or what the keys do. */
function Hint({ id, slow, tooLong }: { id: string; slow: number; tooLong: number }) {
  const session = useSession();
  const w = composer();
  const every = session.channels.of(id).value.slow_mode_s ?? 0;
  if (tooLong > 0) return <span class="hint is-failed" role="status">{w.tooLong(tooLong)}</span>;
  if (slow > 0) return <span class="hint"><Icon name="timer" small /> {w.slowMode(every)}</span>;
  if (!keysAreNew()) return <span class="hint" />;
  return <span class="hint wide-only"><kbd>Enter</kbd> {w.sends} &ensp;<kbd>Shift Enter</kbd> {w.newLine}</span>;
}

function AboutLine({ about: a }: { about: About }) {
  const { people } = useSession();
  const w = composer();
  const end = () => (about.value = undefined);
  if (a.kind === "edit") {
    return (
      <div class="about">
        <Icon name="pencil" small /><span class="cut">{w.editing(timeOf(a.message.timestamp))}</span>
        <button class="button quiet small push" type="button" onClick={end}>{common().cancel} <kbd class="wide-only">Esc</kbd></button>
      </div>
    );
  }
  return (
    <div class="about">
      <Icon name="reply" small />
      <span class="cut"><b>{w.replyTo(people.name(a.message.sender))}</b>: {muchOf(a.message)}</span>
      <button type="button" aria-label={w.stopReply} class="tool push" onClick={end}><Icon name="x" /></button>
    </div>
  );
}

/** Follows requests of other parts for the keyboard focus here. */
function useFocusAsked(area: { current: HTMLTextAreaElement | null }): void {
  const asked = focusAsked.value;
  const first = useRef(asked);
  useEffect(() => {
    if (asked !== first.current) area.current?.focus({ preventScroll: true });
  }, [asked]);
}

/** Puts the text of a message that is edited into the field, and afterwards the draft again. */
function useAbout(id: string, text: { value: string; peek: () => string }, area: { current: HTMLTextAreaElement | null }): void {
  const session = useSession();
  const before = useRef<About | undefined>(undefined);
  const now = about.value;
  useLayoutEffect(() => {
    const was = before.current;
    before.current = now;
    if (now?.kind === "edit") {
      text.value = now.message.content?.text ?? "";
      queueMicrotask(() => area.current?.setSelectionRange(text.peek().length, text.peek().length));
    } else if (was?.kind === "edit") text.value = session.drafts.of(id).peek()?.text ?? "";
    if (now?.kind === "reply" || was?.kind === "reply") session.drafts.keep(id, draftOf(text.peek()));
  }, [now]);
}

/** Goes on with an answer that was begun before the user left. */
function useBegunReply(id: string): void {
  const session = useSession();
  const begun = useRef(session.drafts.of(id).peek()?.replyTo);
  useSignalEffect(() => {
    const seq = begun.current;
    if (!seq) return;
    const c = session.conversation(id);
    const message = c.messages.value.find((m) => m.seq === seq) ?? c.quoted(seq).value;
    if (!message) return;
    begun.current = undefined;
    if (!about.peek() && !message.deleted) about.value = { kind: "reply", message };
  });
}

/** Takes a draft from another device, unless the user writes here. */
function useDraftOfOthers(id: string, text: { value: string; peek: () => string }, area: { current: HTMLTextAreaElement | null }): void {
  const session = useSession();
  useSignalEffect(() => {
    const draft = session.drafts.of(id).value?.text ?? "";
    if (draft !== text.peek() && text.peek() === "" && document.activeElement !== area.current) text.value = draft;
  });
}

function draftOf(text: string) {
  const now = about.peek();
  return { text, ...(now?.kind === "reply" && { replyTo: now.message.seq }) };
}

/** Returns how many seconds the user has to wait, in a group with slow mode. */
function useSlowMode(id: string): number {
  const session = useSession();
  const tick = useSignal(0);
  const c = session.channels.of(id).value;
  const every = c.role === "member" ? (c.slow_mode_s ?? 0) : 0;
  const own = session.conversation(id).messages.value.findLast((m) => m.sender === session.me);
  const left = every && own ? Math.ceil((own.timestamp + every * 1000 - Date.now()) / 1000) : 0;
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => tick.value++, 1000);
    return () => clearTimeout(timer);
  }, [left, tick.value]);
  return Math.max(0, left);
}

function openEmoji(at: Element, onPick: (emoji: string) => void): void {
  void show(() => <EmojiMenu at={at} label={composer().emoji} onPick={onPick} />);
}

/** Puts a text where the caret is, and returns the whole text. */
function inserted(area: HTMLTextAreaElement, part: string): string {
  area.setRangeText(part, area.selectionStart, area.selectionEnd, "end");
  return area.value;
}

/** Tells whether pasted data is text. Some programs copy text together with a picture of it. */
const isText = (data: DataTransfer | null): boolean => ["text/html", "text/plain"].every((type) => data?.types.includes(type));
const coarse = (): boolean => matchMedia("(pointer: coarse)").matches && matchMedia("(max-width: 44rem)").matches;
const bytesOf = (text: string): number => (text.length * 3 < 16384 ? text.length : new TextEncoder().encode(text).length);
