import { icons, type IconName } from "./icons.ts";

/**
 * Draws an icon. It is hidden from screen readers, because the element that it stands on has the
 * name.
 */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg class={small ? "icon small" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={icons[name]} />
    </svg>
  );
}

/** Draws the toad, which is the app's sign. */
export function Toad({ label, size = 28 }: { label?: string; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}>
      <g class="toad">
        <path d="M6.6 20.5c-2.4.3-4.3 2.3-4.1 4.6.1 1.6 1.4 2.6 2.9 2.3 1.7-.4 3.6-1.3 4.3-2.6zM25.4 20.5c2.4.3 4.3 2.3 4.1 4.6-.1 1.6-1.4 2.6-2.9 2.3-1.7-.4-3.6-1.3-4.3-2.6z" />
        <circle cx="10.8" cy="8.2" r="3.7" />
        <circle cx="21.2" cy="8.2" r="3.7" />
        <path d="M16 5.6c5.4 0 8.3 3.3 9.3 7.4.5 2.2.7 4.5.2 6.8-1.1 5-4.7 8.7-9.5 8.7s-8.4-3.7-9.5-8.7c-.5-2.3-.3-4.6.2-6.8 1-4.1 3.9-7.4 9.3-7.4z" />
      </g>
      <path class="toad-stripe" d="M16 7.5v19" />
      <g class="toad-eyes">
        <circle cx="10.6" cy="7.6" r="1.5" />
        <circle cx="21.4" cy="7.6" r="1.5" />
      </g>
    </svg>
  );
}
