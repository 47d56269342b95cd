import { useSignal } from "@preact/signals";
import type { FileState } from "natterjack";
import { useEffect } from "preact/hooks";
import { explainFile } from "../model/filefault.ts";
import type { Pending } from "../model/outbox.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { fewer, Wave } from "../ui/Wave.tsx";
import { common } from "../words/common.ts";
import { sizeOf } from "../words/format.ts";
import { media } from "../words/media.ts";
import { roomOf } from "./Album.tsx";
import { Fault } from "./Message.tsx";

interface LeavingProps {
  pending: Pending;
  files: readonly FileState[];
}

/** Shows the files of a message that is sent as soon as storage has them. */
export function Leaving({ pending: p, files }: LeavingProps) {
  const { outbox } = useSession();
  const w = media();
  const seen = files.filter(isSeen);
  const drop = () => outbox.drop(p);
  const room = useSignal<Record<string, string> | undefined>(undefined); // the room of a picture that stands alone
  const measured = (width: number, height: number) => {
    if (seen.length === 1) room.value = roomOf({ width, height });
  };
  return (
    <div class="leaving">
      {seen.length > 0 && (
        <div class={seen.length === 1 ? "album one leaving-one" : seen.length === 2 || seen.length === 4 ? "album two" : "album"} {...(room.value && { style: room.value })}>
          {seen.map((f, i) => <Picture key={i} file={f} onMeasure={measured} onCancel={p.fault ? undefined : drop} />)}
        </div>
      )}
      {files.filter((f) => !isSeen(f)).map((f, i) => <Row key={i} file={f} onCancel={p.fault ? undefined : drop} />)}
      {p.fault && (
        <Fault text={`${stopped(files)}${explainFile(p.fault)}`} details={p.fault.message}>
          <button class="button quiet small" type="button" onClick={() => outbox.retry(p)}>{w.resume}</button>
          <button class="button quiet small" type="button" onClick={drop}>{common().delete}</button>
        </Fault>
      )}
    </div>
  );
}

const isSeen = (f: FileState): boolean => /^(image|video)\//.test(f.file.type);
const percentOf = (all: readonly FileState[]): number =>
  Math.floor((100 * all.reduce((n, f) => n + f.stored, 0)) / Math.max(1, all.reduce((n, f) => n + f.file.size, 0)));

/** Says how far a failed upload has come. */
function stopped(files: readonly FileState[]): string {
  const percent = percentOf(files);
  return percent > 0 && percent < 100 ? `${media().stoppedAt(percent)}. ` : "";
}

interface OneProps {
  file: FileState;
  onCancel?: (() => void) | undefined;
}

function Picture({ file: f, onMeasure, onCancel }: OneProps & { onMeasure: (width: number, height: number) => void }) {
  const url = useObjectURL(f.file);
  const unshowable = useSignal(false);
  const w = media();
  const percent = percentOf([f]);
  const lost = () => (unshowable.value = true);
  return (
    <div class="photo unsent">
      {unshowable.value && <span class="broken"><Icon name="file-text" /></span>}
      {url.value && !unshowable.value && (f.file.type.startsWith("video/")
        ? <video src={url.value} muted preload="metadata" tabIndex={-1} onError={lost} onLoadedMetadata={(e) => onMeasure(e.currentTarget.videoWidth, e.currentTarget.videoHeight)} />
        : <img src={url.value} alt="" onError={lost} onLoad={(e) => onMeasure(e.currentTarget.naturalWidth, e.currentTarget.naturalHeight)} />)}
      {onCancel && (
        <button class="load" type="button" aria-label={`${w.cancel(f.name)}, ${w.uploading(percent)}`} onClick={onCancel}>
          <i class="ring" style={{ "--done": String(Math.max(2, percent)) }} /><Icon name="x" />
        </button>
      )}
    </div>
  );
}

function Row({ file: f, onCancel }: OneProps) {
  const w = media();
  const percent = percentOf([f]);
  const name = f.voice ? w.voiceMessage : f.name;
  return (
    <div class="card">
      {f.voice ? <span class="play" aria-hidden="true"><Icon name="mic" small /></span> : <Icon name="file-text" />}
      <div>
        {f.voice && f.waveform ? <Wave bars={fewer(f.waveform, 48)} played={percent / 100} /> : <b class="cut"><bdi>{name}</bdi></b>}
        {onCancel ? !f.voice && <progress max={100} value={percent} aria-label={w.uploading(percent)} /> : <span class="soft">{sizeOf(f.file.size)}</span>}
      </div>
      {onCancel && <span class="soft num">{percent} %</span>}
      {onCancel && <button class="tool" type="button" aria-label={w.cancel(name)} onClick={onCancel}><Icon name="x" /></button>}
    </div>
  );
}

/** Returns a URL of a file of this device, which is good as long as the component is shown. */
function useObjectURL(file: Blob) {
  const url = useSignal("");
  useEffect(() => {
    url.value = URL.createObjectURL(file);
    return () => URL.revokeObjectURL(url.peek());
  }, []);
  return url;
}
