import { useEffect, useRef } from "preact/hooks";
import type { Picked } from "../model/picked.ts";
import { useSession } from "../ui/context.ts";
import { Icon } from "../ui/Icon.tsx";
import { composing } from "../ui/keys.ts";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { sizeOf } from "../words/format.ts";
import { media } from "../words/media.ts";
import { Preview } from "./TrayList.tsx";

const longest = 1024; // characters of a caption

/** Shows a picked file: a preview, its caption, and its place among the others. */
export function FileDialog({ picked: p }: { picked: Picked }) {
  const { tray } = useSession();
  const close = useClose();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const w = media();
  const all = tray.of(p.channel).value;
  const i = all.indexOf(p);
  const { name } = p.source;
  const key = (e: KeyboardEvent) => {
    if (composing(e) || e.key !== "Enter" || e.shiftKey) return;
    e.preventDefault();
    close();
  };
  return (
    <Dialog label={name} class="narrow pad file-dialog">
      <div class={p.shown ? "preview" : "preview plain"}><Preview picked={p} /></div>
      <p class="note soft"><bdi class="cut">{name}</bdi> · {sizeOf(p.size.value)}</p>
      <label class="label">{w.caption}
        <span class="field"><textarea ref={area} rows={2} maxLength={longest} dir="auto" value={p.caption.value} aria-label={w.captionFor(name)} onInput={(e) => (p.caption.value = e.currentTarget.value)} onKeyDown={key} /></span>
      </label>
      <p class="choices">
        <button class="tool" type="button" aria-label={w.earlier} disabled={i <= 0} onClick={() => tray.move(p, -1)}><Icon name="chevron-left" /></button>
        <button class="tool" type="button" aria-label={w.later} disabled={i < 0 || i === all.length - 1} onClick={() => tray.move(p, 1)}><Icon name="chevron-right" /></button>
        <button class="button danger push" type="button" onClick={() => { close(); tray.remove(p); }}>{w.takeOut}</button>
        <button class="button main" type="button" onClick={close}>{w.done}</button>
      </p>
    </Dialog>
  );
}
