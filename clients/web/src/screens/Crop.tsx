import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { cut, middle, mostZoom, moved, zoomed } from "../model/crop.ts";
import { useDoing } from "../ui/doing.ts";
import { Fault } from "../ui/Fault.tsx";
import { composing } from "../ui/keys.ts";
import { Dialog, useClose } from "../ui/overlay.tsx";
import { common } from "../words/common.ts";
import { picture } from "../words/picture.ts";

const view = 280; // CSS pixels of the square on screen

interface CropProps {
  bitmap: ImageBitmap;
  /** Whether the square is shown as a circle. */
  round: boolean;
  onSave: (square: File) => Promise<void>;
}

/**
 * Lets a user choose the square of a picture that is kept. They drag it, and make it larger or
 * smaller.
 */
export function Crop({ bitmap, round, onSave }: CropProps) {
  const { width, height } = bitmap;
  const square = useSignal(middle(width, height));
  const canvas = useRef<HTMLCanvasElement>(null);
  const doing = useDoing();
  const close = useClose();
  const w = picture();
  const density = Math.min(3, devicePixelRatio);
  useSignalEffect(() => {
    const { x, y, side } = square.value;
    const context = canvas.current?.getContext("2d");
    context?.drawImage(bitmap, x, y, side, side, 0, 0, view * density, view * density);
  });
  const move = (dx: number, dy: number) => {
    const scale = square.peek().side / view;
    square.value = moved(square.peek(), dx * scale, dy * scale, width, height);
  };
  const zoom = (to: number) => (square.value = zoomed(square.peek(), to, width, height));
  const now = Math.min(width, height) / square.value.side;
  const key = (e: KeyboardEvent) => {
    if (composing(e)) return;
    const step = view / 20;
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[e.key] ?? [0, 0];
    if (dx || dy) move(dx!, dy!);
    else if (e.key === "+") zoom(now * 1.2);
    else if (e.key === "-") zoom(now / 1.2);
    else return;
    e.preventDefault();
  };
  const drag = (e: PointerEvent) => {
    if (!e.buttons) return;
    move(-e.movementX, -e.movementY);
  };
  const save = async () => void ((await doing.run(async () => onSave(await cut(bitmap, square.peek())))) && close());
  return (
    <Dialog label={w.title} class="narrow">
      <div class="pad stack crop">
        <h2>{w.title}</h2>
        <canvas
          ref={canvas} class={round ? "round" : ""} width={view * density} height={view * density} tabIndex={0} role="img" aria-label={w.part} onKeyDown={key}
          onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)} onPointerMove={drag} onWheel={(e) => { e.preventDefault(); zoom(now * (e.deltaY < 0 ? 1.1 : 1 / 1.1)); }}
        />
        <label class="label">{w.zoom}<input type="range" min="1" max={mostZoom} step="0.01" value={now} onInput={(e) => zoom(Number(e.currentTarget.value))} /></label>
        <Fault of={doing} />
        <p class="choices">
          <button class="button" type="button" onClick={close}>{common().cancel}</button>
          <button class="button main" type="button" disabled={doing.busy.value} onClick={() => void save()}>{w.use}</button>
        </p>
      </div>
    </Dialog>
  );
}
