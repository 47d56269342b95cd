import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Recorder } from "../model/recorder.ts";
import { about } from "../model/writing.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { Wave } from "../ui/Wave.tsx";
import { common } from "../words/common.ts";
import { lengthOf } from "../words/format.ts";
import { media } from "../words/media.ts";

const shown = 96; // the number of latest levels that are shown

/** Records a voice message. Enter sends it, Esc discards it. */
export function Voice({ channel, done }: { channel: string; done: () => void }) {
  const session = useSession();
  const recorder = useSignal<Recorder | undefined>(undefined);
  const refused = useSignal(false);
  const box = useRef<HTMLFormElement>(null);
  const w = media();
  useEffect(() => {
    let gone = false;
    box.current?.focus();
    Recorder.begin().then(
      (r) => (gone ? r.discard() : (recorder.value = r)),
      () => (refused.value = true),
    );
    return () => {
      gone = true;
      recorder.peek()?.discard();
    };
  }, []);
  const send = async () => {
    const r = recorder.peek();
    if (!r) return;
    recorder.value = undefined;
    const { sound, waveform } = await r.stop();
    const now = about.peek();
    session.tray.speak(channel, sound, waveform, { text: "", ...(now?.kind === "reply" && { reply_to: now.message.seq }) });
    about.value = undefined;
    done();
  };
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    if (e.key === "Escape") done();
    else if (e.key === "Enter" && e.target === box.current) void send();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const r = recorder.value;
  return (
    <form ref={box} class="composer recording" tabIndex={-1} aria-label={w.recording} onKeyDown={key} onSubmit={(e) => { e.preventDefault(); void send(); }}>
      {refused.value
        ? <p class="fault tray-note" role="alert"><Icon name="triangle-alert" small /><span>{w.noMicrophone}</span><button class="button quiet small" type="button" onClick={done}>{common().close}</button></p>
        : <div class="text"><span class="num" role="timer">{lengthOf(r?.ms.value ?? 0)}</span><Wave bars={padded(r?.levels.value ?? [])} played={1} /></div>}
      <div class="tools">
        <button class="tool" type="button" aria-label={w.discard} onClick={done}><Icon name="trash-2" /></button>
        {r && (r.paused.value
          ? <button class="tool" type="button" aria-label={w.goOn} onClick={() => r.goOn()}><Icon name="mic" /></button>
          : <button class="tool" type="button" aria-label={w.pause} onClick={() => r.pause()}><Icon name="pause" /></button>)}
        <span class="hint wide-only"><kbd>Enter</kbd> {w.enterSends}</span>
        <button class="send" aria-label={w.sendVoice} disabled={!r}><Icon name="arrow-up" /></button>
      </div>
    </form>
  );
}

/** Returns the levels that are shown, the latest at the end. */
function padded(levels: readonly number[]): number[] {
  const latest = levels.slice(-shown);
  return [...new Array<number>(shown - latest.length).fill(0), ...latest];
}
