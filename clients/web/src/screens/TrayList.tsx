import { useComputed, useSignal } from "@preact/signals";
import { explainFile } from "../model/filefault.ts";
import type { Picked } from "../model/picked.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { Radios } from "../ui/Radios.tsx";
import { show } from "../ui/overlay.tsx";
import { sizeOf } from "../words/format.ts";
import { media } from "../words/media.ts";
import { FileDialog } from "./mediaLazies.ts";

const inOne = 10; // files of one message
const hopeless = new Set(["too_large", "empty", "unreadable", "quota", "forbidden", "invalid"]);

/** Shows the files that the next message will have. A user can drag them into another order. */
export function TrayList({ channel }: { channel: string }) {
  const { tray } = useSession();
  const all = tray.of(channel).value;
  const dragged = useSignal<Picked | undefined>(undefined);
  const w = media();
  if (!all.length) return null;
  const over = (e: DragEvent, p: Picked) => {
    const moving = dragged.peek();
    if (!moving) return; // the files come from outside the app
    e.preventDefault();
    e.stopPropagation();
    if (moving !== p) tray.move(moving, all.indexOf(p) - all.indexOf(moving));
  };
  const drop = (e: DragEvent) => {
    if (!dragged.peek()) return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <>
      <ul class="tray" aria-label={w.files}>
        {all.map((p) => (
          <li
            key={p.id} draggable onDragStart={(e) => { dragged.value = p; e.dataTransfer?.setData("application/x-natterjack-file", p.id); }}
            onDragOver={(e) => over(e, p)} onDrop={drop} onDragEnd={() => (dragged.value = undefined)}
          >
            <InTray picked={p} />
          </li>
        ))}
      </ul>
      {all.map((p) => <FileFault key={p.id} picked={p} onRemove={() => tray.remove(p)} />)}
      {all.length > inOne && <p class="tray-note soft note">{w.several(Math.ceil(all.length / inOne))}</p>}
    </>
  );
}

function InTray({ picked: p }: { picked: Picked }) {
  const { tray } = useSession();
  const w = media();
  const { name } = p.source;
  const edit = () => void show(() => <FileDialog picked={p} />);
  const key = (e: KeyboardEvent) => {
    if (composing(e) || !e.altKey || (e.key !== "ArrowLeft" && e.key !== "ArrowRight")) return;
    e.preventDefault();
    e.stopPropagation();
    const button = e.currentTarget as HTMLElement;
    tray.move(p, e.key === "ArrowLeft" ? -1 : 1);
    queueMicrotask(() => button.focus()); // a moved element loses the focus
  };
  return (
    <>
      <button class="photo" type="button" aria-label={w.edit(name)} onClick={edit} onKeyDown={key}>
        <Preview picked={p} />
        <Ring picked={p} />
      </button>
      <button class="drop" type="button" aria-label={w.remove(name)} onClick={() => tray.remove(p)}><Icon name="x" small /></button>
      <span class="cut" title={name}><bdi>{p.caption.value || name}</bdi></span>
    </>
  );
}

/** Shows a preview of a picked file. */
export function Preview({ picked: p }: { picked: Picked }) {
  const unshowable = useSignal(false);
  if (!p.shown || unshowable.value) return <Icon name="file-text" />;
  if (p.source.type.startsWith("video/")) return <video src={p.preview} muted preload="metadata" tabIndex={-1} onError={() => (unshowable.value = true)} />;
  return <img src={p.preview} alt="" draggable={false} onError={() => (unshowable.value = true)} />;
}

/** Shows how far an upload is. It disappears when the upload is done. */
export function Ring({ picked: p }: { picked: Picked }) {
  const w = media();
  const percent = useComputed(() => Math.round(p.done.value * 100));
  if (p.stored.value || p.fault.value) return null;
  return (
    <span class="load" role="progressbar" aria-label={p.file.value ? w.uploading(percent.value) : w.preparing} aria-valuenow={percent.value}>
      <i class="ring" style={{ "--done": String(Math.max(2, percent.value)) }} />
    </span>
  );
}

/** Shows why a file was not uploaded, and the next step. It shows nothing if there is no fault. */
export function FileFault({ picked: p, onRemove }: { picked: Picked; onRemove: () => void }) {
  const w = media();
  const fault = p.fault.value;
  if (!fault) return null;
  const percent = Math.round(p.done.value * 100);
  const again = !hopeless.has(fault.code);
  return (
    <div class="fault tray-note" role="alert">
      <Icon name="triangle-alert" small />
      <span title={fault.message}><bdi>{p.source.name}</bdi>: {percent > 0 && again && `${w.stoppedAt(percent)}. `}{explainFile(fault)}</span>
      {again && <button class="button quiet small" type="button" onClick={() => void p.resume()}>{w.resume}</button>}
      <button class="button quiet small" type="button" onClick={onRemove}>{w.takeOut}</button>
    </div>
  );
}

/** Lets a user choose whether pictures are made smaller. It is shown only if there are pictures. */
export function FormChoice({ channel }: { channel: string }) {
  const { tray } = useSession();
  const w = media();
  const pictures = tray.of(channel).value.filter((p) => p.source.type.startsWith("image/") && p.source.type !== "image/gif");
  const { form } = tray;
  const original = pictures.reduce((n, p) => n + p.source.size, 0);
  const known = form.value === "smaller" && pictures.every((p) => p.file.value);
  const smaller = known ? w.smallerSize(sizeOf(pictures.reduce((n, p) => n + p.size.value, 0))) : w.smaller;
  return (
    <span class="hint form">
      <Radios label={w.form} value={form.value} choices={[["smaller", smaller], ["original", w.originalSize(sizeOf(original))]]} onChange={(f) => tray.choose(f)} />
    </span>
  );
}
