import { useSignal } from "@preact/signals";
import { wire } from "natterjack";
import { say } from "../../ui/announce.ts";
import { useDoing } from "../../ui/doing.ts";
import { Fault } from "../../ui/Fault.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { show } from "../../ui/overlay.tsx";
import { common } from "../../words/common.ts";
import { settings } from "../../words/settings.ts";
import { EmojiMenu } from "../lazies.ts";

const hour = 3600_000;

type End = "never" | "hour" | "four" | "today" | "week" | "set";

interface StatusFormProps {
  status: wire.Status | undefined;
  onSet: (status: wire.Status) => Promise<void>;
}

/** Sets what the user does now, and until when others see it. */
export function StatusForm({ status, onSet }: StatusFormProps) {
  const doing = useDoing();
  const shown = status && (!status.until || status.until > Date.now()) ? status : undefined;
  const text = useSignal<string | undefined>(undefined);
  const emoji = useSignal<string | undefined>(undefined);
  const end = useSignal<End | undefined>(undefined);
  const w = settings();
  const now = { text: text.value ?? shown?.text ?? "", emoji: emoji.value ?? shown?.emoji ?? "", end: end.value ?? (shown?.until ? "set" : "never") };
  const set = async (next: wire.Status) => {
    if (!(await doing.run(() => onSet(next)))) return;
    text.value = emoji.value = end.value = undefined;
    say(w.statusSaved);
  };
  const submit = (e: Event) => {
    e.preventDefault();
    const until = untilOf(now.end, shown?.until);
    void set({ ...(now.text.trim() && { text: now.text.trim() }), ...(now.emoji && { emoji: now.emoji }), ...(until && { until }) });
  };
  const pick = (at: Element) => void show(() => <EmojiMenu at={at} label={w.statusEmoji} onPick={(e) => (emoji.value = e)} />);
  const changed = [text, emoji, end].some((s) => s.value !== undefined);
  const ends: readonly End[] = shown?.until ? ["set", "never", "hour", "four", "today", "week"] : ["never", "hour", "four", "today", "week"];
  return (
    <form class="stack setting-form status-form" onSubmit={submit}>
      <div class="status-line">
        <button class="tool" type="button" aria-label={w.statusEmoji} aria-haspopup="dialog" onClick={(e) => pick(e.currentTarget)}>{now.emoji ? <span class="emoji">{now.emoji}</span> : <Icon name="smile-plus" />}</button>
        <label class="label">{w.status}
          <input class="field" name="status" maxLength={wire.maxStatusLen} placeholder={w.statusHint} autocomplete="off" value={now.text} onInput={(e) => (text.value = e.currentTarget.value)} />
        </label>
        <label class="label">{w.statusEnd}
          <select class="button" name="status-end" value={now.end} onChange={(e) => (end.value = e.currentTarget.value as End)}>
            {ends.map((name) => <option key={name} value={name}>{name === "set" ? w.ends.set(shown!.until!) : w.ends[name]}</option>)}
          </select>
        </label>
      </div>
      <Fault of={doing} />
      <p class="choices">
        {shown && <button class="button quiet" type="button" disabled={doing.busy.value} onClick={() => void set({})}>{w.clearStatus}</button>}
        {changed && <button class="button main" disabled={doing.busy.value || !(now.text.trim() || now.emoji)}>{common().save}</button>}
      </p>
    </form>
  );
}

/** Returns when a status ends, in Unix milliseconds; 0 means without an end. */
function untilOf(end: End, set = 0): number {
  switch (end) {
    case "never":
      return 0;
    case "hour":
      return Date.now() + hour;
    case "four":
      return Date.now() + 4 * hour;
    case "today":
      return new Date().setHours(24, 0, 0, 0);
    case "week":
      return Date.now() + 7 * 24 * hour;
    case "set":
      return set;
  }
}
