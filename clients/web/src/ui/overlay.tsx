import { signal } from "@preact/signals";
import { createContext, type ComponentChildren } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import { whenIdle } from "../model/idle.ts";
import { part } from "../model/parts.ts";
import { common } from "../words/common.ts";
import { Boundary } from "./Boundary.tsx";

/**
 * What lies over the page: dialogs, menus, sheets. Each lies over those that were opened before.
 */
interface Overlay {
  id: number;
  content: () => ComponentChildren;
  done: () => void;
}

const modal = () => import("./modal.ts");
whenIdle(() => void modal().catch(() => {})); // usually it is there before a dialog is opened; if not, it is loaded then

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

/**
 * Holds the page that overlays lie over. While there is an overlay, screen readers, keys and
 * presses do not reach the page.
 */
export function Page({ children }: { children: ComponentChildren }) {
  return <div class="under" aria-hidden={overlays.value.length > 0 || undefined}>{children}</div>;
}

const Close = createContext<() => void>(() => {});

/** Returns the function that closes the dialog in which a part stands. */
export const useClose = (): (() => void) => useContext(Close);

/** Shows what lies over the page. It is there once, at the root. */
export function Overlays() {
  const top = overlays.value.at(-1);
  return <>{overlays.value.map((o) => <div key={o.id} class="layer" aria-hidden={o !== top || undefined}><Layer of={o} /></div>)}</>;
}

function Layer({ of: o }: { of: Overlay }) {
  const broken = useRef(false);
  const close = () => {
    if (!overlays.peek().includes(o)) return;
    overlays.value = overlays.peek().filter((x) => x !== o);
    o.done();
  };
  const closeContent = () => void (broken.current || close()); // a dialog that is removed because it failed is closed too
  const instead = () => {
    broken.current = true;
    return <Close.Provider value={close}><Broken /></Close.Provider>;
  };
  return <Close.Provider value={closeContent}><Boundary instead={instead}><Content of={o} /></Boundary></Close.Provider>;
}

function Content({ of }: { of: Overlay }) {
  return <>{of.content()}</>;
}

/**
 * Stands for an overlay that cannot be drawn. The page below stays, and the user can go back to it.
 */
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

/** Shows a dialog in the middle. Esc and a press beside it close it. */
export function Dialog({ label, class: classes = "", children }: DialogProps) {
  const ref = useModal();
  return (
    <div class="veil">
      <dialog ref={ref} class={`dialog ${classes}`} aria-label={label} aria-modal="true">
        {children}
      </dialog>
    </div>
  );
}

interface MenuProps {
  label: string;
  /**
   * The element that the menu belongs to. The menu stands beside it, or at the bottom of a small
   * screen.
   */
  at: Element;
  class?: string;
  children: ComponentChildren;
}

/**
 * Shows a menu beside the element that it belongs to. On a small screen it is a sheet. ↑ and ↓ move
 * between its items.
 */
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
    <div class="veil clear">
      <dialog ref={ref} class={`pop sheet-in-hand ${classes}`} aria-label={label} aria-modal="true" onKeyDown={onKeyDown}>
        {children}
      </dialog>
    </div>
  );
}

function useModal() {
  const ref = useRef<HTMLDialogElement>(null);
  const close = useClose();
  useLayoutEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    dialog.show(); // not showModal: see modal.ts
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  useLayoutEffect(() => {
    const gone = new AbortController();
    void part(modal, gone.signal).then((m) => gone.signal.aborted || m.keepWithin(ref.current!, close, gone.signal), () => {});
    return () => gone.abort();
  }, [close]);
  return ref;
}

/** Puts a menu below the element that it belongs to, or above it if there is no room below. */
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
