import { useComputed } from "@preact/signals";
import { player, type Sound as Playable } from "../model/player.ts";
import type { Attachment } from "../model/wire.ts";
import { useSession } from "../ui/context.ts";
import type { Place } from "../ui/fileurl.ts";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { fewer, Wave } from "../ui/Wave.tsx";
import { common } from "../words/common.ts";
import { lengthOf } from "../words/format.ts";
import { media } from "../words/media.ts";
import { download } from "./download.ts";

const bars = 48;
const flat = new Array<number>(bars).fill(24);
const step = 5; // seconds that an arrow key moves by

interface SoundProps {
  place: Place | undefined;
  file: Attachment;
  /** A URL of it before the server has it. */
  local?: string | undefined;
}

/** Shows a voice message or another sound, with its waveform. */
export function Sound({ place, file: a, local }: SoundProps) {
  const { link } = useSession();
  const p = player();
  const w = media();
  const sound: Playable = {
    id: a.id,
    url: () => (local ? Promise.resolve(local) : link.mediaURL(place!.channel, place!.seq, a.id)),
  };
  const mine = useComputed(() => p.id.value === a.id);
  const at = useComputed(() => (mine.value ? p.at.value : 0));
  const playing = useComputed(() => mine.value && p.playing.value);
  const failed = useComputed(() => mine.value && p.failed.value);
  const length = (mine.value && p.length.value) || (a.duration ?? 0) / 1000;
  const voice = a.kind === "voice";
  const name = voice ? w.voiceMessage : (a.name ?? common().file);
  const able = !!(place || local);
  const goTo = (s: number) => void p.seek(sound, Math.max(0, Math.min(length, s)));
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const to = { ArrowLeft: at.value - step, ArrowRight: at.value + step, Home: 0, End: length }[e.key];
    if (to === undefined || !able) return;
    e.preventDefault();
    e.stopPropagation();
    goTo(to);
  };
  const press = (e: MouseEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    if (able) goTo(((e.clientX - box.left) / box.width) * length);
  };
  return (
    <div class="card sound">
      <button class="play" type="button" disabled={!able} aria-label={`${playing.value ? w.pause : w.play}: ${name}`} onClick={() => void p.toggle(sound)}>
        <Icon name={playing.value ? "pause" : "play"} small />
      </button>
      <div>
        {!voice && <b class="cut"><bdi>{name}</bdi></b>}
        <div
          class="seek" role="slider" tabIndex={0} aria-label={`${w.place}: ${name}`} aria-valuemin={0} aria-valuemax={Math.round(length)}
          aria-valuenow={Math.round(at.value)} aria-valuetext={`${lengthOf(at.value * 1000)} / ${lengthOf(length * 1000)}`} onKeyDown={key} onClick={press}
        >
          <Wave bars={a.waveform ? fewer(bytes(a.waveform), bars) : flat} played={length ? at.value / length : 0} />
        </div>
        {failed.value && <span class="is-failed">{w.cannotShow}</span>}
      </div>
      <span class="num soft">{lengthOf((mine.value && at.value > 0 ? at.value : length) * 1000)}</span>
      <button class="button quiet small" type="button" aria-label={w.speed(String(p.speed.value))} onClick={() => p.faster()}>{p.speed.value}×</button>
      {!voice && place && (
        <button class="tool" type="button" aria-label={w.download(name)} onClick={() => void download(link, place, a)}><Icon name="download" /></button>
      )}
    </div>
  );
}

/** Reads base64, which JSON uses for bytes. */
function bytes(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array(bars).fill(24);
  }
}
