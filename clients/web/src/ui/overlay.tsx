import { signal } from "@preact/signals";
import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { common } from "../words/common.ts";
import { Boundary } from "./Boundary.tsx";

/** What lies over the page: dialogs, menus, sheets. Each is a native dialog in the top layer. */
interface Overlay {
  id: number;
  content: () => ComponentChildren;
  done: () => void;
}

const overlays = signal<readonly Overlay[]>([]);
let ids = 0;

/**
 * Shows something over the page, and resolves once it is closed. Focus then returns to where it
 * was. What is shown is a {@link Dialog} or a {@link Menu}.
 */
export function show(content: () => ComponentChildren): Promise<void> {
  return new Promise((done) => {
    overlays.value = [...overlays.peek(), { id: ++ids, content, done }];
  });
}

/** Tells whether something lies over the page. */
export const covered = (): boolean => overlays.peek().length > 0;

/** Closes all that lies over the page. */
export function uncover(): void {
  for (const o of overlays.peek()) o.done();
  overlays.value = [];
}

const Close = createContext<() => void>(() => {});

/** Returns the function that closes the dialog in which a part stands. */
export const useClose = (): (() => void) => useContext(Close);

/** Shows what lies over the page. It stands once, at the root. */
export function Overlays() {
  return <>{overlays.value.map((o) => <Layer key={o.id} of={o} />)}</>;
}

function Layer({ of: o }: { of: Overlay }) {
  const broken = useRef(false);
  const close = () => {
    if (!overlays.peek().includes(o)) return;
    overlays.value = overlays.peek().filter((x) => x !== o);
    o.done();
  };
  const closeContent = () => void (broken.current || close()); // a dialog that goes because it failed is closed, too
  const instead = () => {
    broken.current = true;
    return <Close.Provider value={close}><Broken /></Close.Provider>;
  };
  return <Close.Provider value={closeContent}><Boundary instead={instead}><Content of={o} /></Boundary></Close.Provider>;
}

function Content({ of }: { of: Overlay }) {
  return <>{of.content()}</>;
}

/** Stands for what cannot be drawn: the page below stays, and can be gone back to. */
function Broken() {
  const close = useClose();
  const w = common();
  return (
    <Dialog label={w.brokenPart} class="narrow">
      <div class="pad stack">
        <h2>{w.brokenPart}</h2>
        <p class="choices"><button class="button main" type="button" onClick={close}>{w.close}</button></p>
      </div>
    </Dialog>
  );
}

interface DialogProps {
  label: string;
  class?: string;
  children: ComponentChildren;
}

/** A dialog in the middle. Esc and a press beside it close it. */
export function Dialog({ label, class: classes = "", children }: DialogProps) {
  const ref = useModal();
  return (
    <dialog ref={ref} class={`dialog ${classes}`} aria-label={label}>
      {children}
    </dialog>
  );
}

interface MenuProps {
  label: string;
  /** What it belongs to; it stands beside that, or in the hand at the bottom. */
  at: Element;
  class?: string;
  children: ComponentChildren;
}

/** A menu beside what it belongs to; in the hand, a sheet. ↑ and ↓ move between its items. */
export function Menu({ label, at, class: classes = "", children }: MenuProps) {
  const ref = useModal();
  useLayoutEffect(() => place(ref.current!, at.getBoundingClientRect()), []);
  const onKeyDown = (e: KeyboardEvent) => {
    const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
    if (!step || (e.target as Element).matches("input")) return;
    e.preventDefault();
    const items = [...ref.current!.querySelectorAll<HTMLElement>(".item, .quick button, button.tool")];
    const i = items.indexOf(document.activeElement as HTMLElement);
    items.at((i + step + items.length) % items.length)?.focus();
  };
  return (
    <dialog ref={ref} class={`pop sheet-in-hand ${classes}`} aria-label={label} onKeyDown={onKeyDown}>
      {children}
    </dialog>
  );
}

function useModal() {
  const ref = useRef<HTMLDialogElement>(null);
  const close = useClose();
  useLayoutEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    const dialog = ref.current!;
    const pressed = (e: PointerEvent) => {
      if (e.target === dialog && outside(dialog.getBoundingClientRect(), e)) close();
    };
    const cancelled = (e: Event) => {
      e.preventDefault();
      close();
    };
    dialog.addEventListener("pointerdown", pressed);
    dialog.addEventListener("cancel", cancelled);
    dialog.addEventListener("close", close);
    return () => {
      dialog.removeEventListener("pointerdown", pressed);
      dialog.removeEventListener("cancel", cancelled);
      dialog.removeEventListener("close", close);
    };
  }, [close]);
  return ref;
}

function outside(box: DOMRect, e: PointerEvent): boolean {
  return e.clientX < box.left || e.clientX > box.right || e.clientY < box.top || e.clientY > box.bottom;
}

/** Puts a menu below what it belongs to, or above if there is no room. */
function place(menu: HTMLElement, at: DOMRect): void {
  if (matchMedia("(max-width: 44rem)").matches) return; // a sheet stands at the bottom
  const gap = 4;
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + gap + height <= innerHeight;
  const top = below ? at.bottom + gap : Math.max(gap, at.top - gap - height);
  const left = Math.max(gap, Math.min(at.right - width, innerWidth - width - gap));
  menu.style.setProperty("top", `${Math.min(top, Math.max(gap, innerHeight - height - gap))}px`);
  menu.style.setProperty("left", `${left}px`);
}
