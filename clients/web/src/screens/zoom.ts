import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

const most = 8;
const tapped = 2.5; // how large a double tap makes a picture
const swipe = 60; // pixels of a swipe that turns to the next picture

/** How large a picture is shown, and which part of it. */
export interface Zoom {
  transform: ReadonlySignal<string>;
  reset: () => void;
  /** Makes it larger or smaller, around its middle. */
  by: (factor: number) => void;
  /**
   * Follows wheel, fingers and double taps on an element. The function that it returns ends that.
   */
  listen: (box: HTMLElement) => () => void;
}

interface View {
  scale: number;
  x: number;
  y: number;
}

const whole: View = { scale: 1, x: 0, y: 0 };

/**
 * Makes a picture zoom by wheel, pinch, double tap and keys. A swipe over a picture that is not
 * enlarged turns to the next one.
 */
export function useZoom(turn: (by: 1 | -1) => void): Zoom {
  return useMemo(() => {
    const view = signal(whole);
    const around = (factor: number, x: number, y: number) => {
      const v = view.peek();
      const scale = Math.max(1, Math.min(most, v.scale * factor));
      const f = scale / v.scale;
      view.value = scale === 1 ? whole : { scale, x: x - f * (x - v.x), y: y - f * (y - v.y) };
    };
    return {
      transform: computed(() => `translate(${view.value.x}px, ${view.value.y}px) scale(${view.value.scale})`),
      reset: () => void (view.value = whole),
      by: (factor) => around(factor, 0, 0),
      listen: (box) => listen(box, view, around, turn),
    };
  }, []);
}

type Around = (factor: number, x: number, y: number) => void;

function listen(box: HTMLElement, view: { value: View; peek: () => View }, around: Around, turn: (by: 1 | -1) => void): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const fingers = new Map<number, { x: number; y: number }>();
  let moved = { x: 0, y: 0 };
  const fromMiddle = (x: number, y: number): [number, number] => {
    const b = box.getBoundingClientRect();
    return [x - b.left - b.width / 2, y - b.top - b.height / 2];
  };
  const wheel = (e: WheelEvent) => {
    if ((e.target as Element).localName === "video") return;
    e.preventDefault();
    around(2 ** (-e.deltaY * (e.deltaMode === 1 ? 20 : 1) / 300), ...fromMiddle(e.clientX, e.clientY));
  };
  const down = (e: PointerEvent) => {
    if ((e.target as Element).localName === "video") return;
    fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (fingers.size === 1) moved = { x: 0, y: 0 };
    box.setPointerCapture(e.pointerId);
  };
  const move = (e: PointerEvent) => {
    const was = fingers.get(e.pointerId);
    if (!was) return;
    const other = [...fingers].find(([id]) => id !== e.pointerId)?.[1];
    fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (other) {
      const length = (p: { x: number; y: number }) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
      around(length({ x: e.clientX, y: e.clientY }) / length(was), ...fromMiddle((e.clientX + other.x) / 2, (e.clientY + other.y) / 2));
    }
    const [x, y] = [e.clientX - was.x, e.clientY - was.y];
    moved = { x: moved.x + x, y: moved.y + y };
    const v = view.peek();
    if (v.scale > 1) view.value = { ...v, x: v.x + (other ? x / 2 : x), y: v.y + (other ? y / 2 : y) };
  };
  const up = (e: PointerEvent) => {
    if (!fingers.delete(e.pointerId) || fingers.size > 0 || view.peek().scale > 1) return;
    if (e.type === "pointerup" && Math.abs(moved.x) > swipe && Math.abs(moved.x) > 2 * Math.abs(moved.y)) turn(moved.x < 0 ? 1 : -1);
  };
  const double = (e: MouseEvent) => {
    if ((e.target as Element).localName === "video") return;
    if (view.peek().scale > 1) view.value = whole;
    else around(tapped, ...fromMiddle(e.clientX, e.clientY));
  };
  box.addEventListener("wheel", wheel, { signal, passive: false });
  box.addEventListener("pointerdown", down, { signal });
  box.addEventListener("pointermove", move, { signal });
  box.addEventListener("pointerup", up, { signal });
  box.addEventListener("pointercancel", up, { signal });
  box.addEventListener("dblclick", double, { signal });
  return () => ending.abort();
}

/** Returns the size of a picture that fits into the room of the viewer, for CSS. */
export function fitted(width: number, height: number): Record<string, string> {
  if (!width || !height) return { width: "100%", height: "100%" };
  return { "aspect-ratio": `${width} / ${height}`, width: `min(100cqw, 100cqh * ${(width / height).toFixed(4)}, ${width}px)` };
}
