const longMs = 450; // milliseconds after which a press is a long one
const slop = 10; // pixels that a finger trembles while it rests

/**
 * Tells a finger that rests on something from one that taps or scrolls. What a long press opens may
 * appear under the finger, so the click that ends the press does nothing.
 */
export class LongPress {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = { x: 0, y: 0 };

  /** Whether a finger is down that has neither moved nor been joined by another. */
  get resting(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins with a finger that has come down. act is called if the finger rests. */
  begin(e: PointerEvent, act: () => void): void {
    this.end();
    if (e.pointerType !== "touch" || !e.isPrimary) return; // two fingers zoom
    this.#at = { x: e.clientX, y: e.clientY };
    this.#timer = setTimeout(() => {
      swallowClick();
      act();
    }, longMs);
  }

  /** Takes a movement of the finger. */
  move(e: PointerEvent): void {
    if (Math.hypot(e.clientX - this.#at.x, e.clientY - this.#at.y) > slop) this.end();
  }

  /** Ends with the finger that is lifted, or that scrolls. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * Swallows the click of the finger that is down. A click that comes after another press has begun
 * belongs to that press. There is no wait, because a busy page may be told of the lifted finger and
 * of the next tap in the same moment.
 */
function swallowClick(): void {
  const over = new AbortController();
  const { signal } = over;
  const swallow = (e: Event) => {
    e.preventDefault();
    e.stopPropagation();
    over.abort();
  };
  addEventListener("click", swallow, { capture: true, signal });
  for (const next of ["pointerdown", "keydown"]) addEventListener(next, () => over.abort(), { capture: true, signal });
}
