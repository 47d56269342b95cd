/**
 * Where the user was reading: a row, and how far one of its edges was from the top of what is
 * shown. It is the lower edge if that is on the screen. At the upper edge a name may come or go,
 * when the row begins a run or goes on with one.
 */
export interface Spot {
  key: string;
  edge: "top" | "bottom";
  at: number;
}

const near = 48; // pixels from the end that still count as the end

/**
 * Keeps what the user reads in its place. Rows may come, go and grow above and below, but the first
 * row on the screen does not move. While the end is on the screen, it stays there instead. A row
 * that is marked loose, such as the heading of a day, is not the row that is kept in place, because
 * it may stand elsewhere next time.
 *
 * The browser's own scroll anchoring must be off (overflow-anchor: none). Not all browsers have it,
 * and with both the page would move twice as far.
 */
export class Keeper {
  /** Whether the end is on screen, and stays there. */
  following = true;

  readonly #scroller: HTMLElement;
  readonly #rows: HTMLElement;
  readonly #complete: () => boolean;
  readonly #moved: () => void;
  readonly #observer: ResizeObserver;
  #anchor: (Spot & { row: HTMLElement }) | undefined;
  #scrollTop = 0;
  #furthest = 0; // the largest scrollTop, as of the last look
  #held = false;
  #below = 0; // pixels from the end, while it is followed

  /**
   * rows holds the rows, from top to bottom. complete tells whether the last of them is the last
   * there is. moved is called when something else is on screen.
   */
  constructor(scroller: HTMLElement, rows: HTMLElement, complete: () => boolean, moved: () => void) {
    this.#scroller = scroller;
    this.#rows = rows;
    this.#complete = complete;
    this.#moved = moved;
    this.#observer = new ResizeObserver(() => this.settle());
    this.#observer.observe(scroller);
    this.#observer.observe(rows);
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
  }

  close(): void {
    this.#observer.disconnect();
    this.#scroller.removeEventListener("scroll", this.#scrolled);
  }

  /**
   * Remembers where everything is just before rows are added or removed. Without it, a browser that
   * must scroll because there is less below would look like a person who scrolls.
   */
  hold(): void {
    this.#notice();
    this.#look();
    this.#held = true;
  }

  /** Puts everything back in its place after rows were added, removed or resized. */
  settle(): void {
    const s = this.#scroller;
    if (!this.#held) this.#notice();
    if (this.following) s.scrollTop = s.scrollHeight - s.clientHeight - this.#below;
    else if (this.#anchor?.row.isConnected) {
      const scrolled = this.#held ? 0 : s.scrollTop - this.#scrollTop; // by a person, since the last look
      const drift = this.#edgeOf(this.#anchor.row, this.#anchor.edge) - (this.#anchor.at - scrolled);
      if (Math.abs(drift) >= 0.5) s.scrollTop += drift;
    }
    this.#held = false;
    this.#look();
    if (!this.following) this.#follow(this.#furthest - this.#scrollTop); // the rows may now reach the end
    this.#moved();
  }

  /** Goes to the end and stays there. */
  end(): void {
    this.#look();
    this.following = true;
    this.#below = 0;
    this.settle();
  }

  /** Puts a row at a part of the height: 0 is at the top, 0.5 in the middle. */
  show(row: HTMLElement, part: number): void {
    const s = this.#scroller;
    const room = Math.max(0, s.clientHeight - row.offsetHeight);
    s.scrollTop += this.#edgeOf(row, "top") - room * part;
    this.#follow(this.distance().below);
    this.#look();
    this.#moved();
  }

  /** Returns where the user is reading. */
  spot(): Spot | undefined {
    if (this.following || !this.#anchor) return undefined;
    const { key, edge, at } = this.#anchor;
    return { key, edge, at };
  }

  /** Returns to where the user was reading. The result is false if that row is not there. */
  return(to: Spot): boolean {
    const row = [...this.#rows.children].find((r) => (r as HTMLElement).dataset["key"] === to.key);
    if (!row) return false;
    this.#scroller.scrollTop += this.#edgeOf(row, to.edge) - to.at;
    this.#follow(this.distance().below);
    this.#look();
    this.#moved();
    return true;
  }

  /** Returns the pixels from the top to the beginning, and from the bottom to the end. */
  distance(): { above: number; below: number } {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return { above: scrollTop, below: scrollHeight - clientHeight - scrollTop };
  }

  /** Returns the last row of which the top is on screen. */
  lastShown(): HTMLElement | undefined {
    const bottom = this.#scroller.getBoundingClientRect().bottom;
    const i = this.#search((row) => row.getBoundingClientRect().top > bottom - 8);
    return this.#rows.children[i - 1] as HTMLElement | undefined;
  }

  #scrolled = (): void => {
    // The sizes of the last look count. A user has not scrolled away if rows have grown since then.
    // If rows have shrunk, the end has come nearer, and the user has not scrolled either.
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#follow(Math.min(this.#furthest, scrollHeight - clientHeight) - scrollTop);
    this.settle();
  };

  /**
   * Takes note of a person who has just scrolled away from the end. The browser tells of that only
   * later.
   */
  #notice(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const end = scrollHeight - clientHeight; // the browser scrolls when rows shrink; no person did
    if (this.following && Math.min(this.#scrollTop, end) - scrollTop > 1) this.#follow(Math.min(this.#furthest, end) - scrollTop);
  }

  /** Follows the end if it is on screen, and is not just the end of what is loaded. */
  #follow(below: number): void {
    this.following = below <= near && this.#complete();
    this.#below = Math.max(0, below);
  }

  /** Remembers the first row on screen. */
  #look(): void {
    const s = this.#scroller;
    this.#scrollTop = s.scrollTop;
    this.#furthest = s.scrollHeight - s.clientHeight;
    const top = s.getBoundingClientRect().top;
    let i = this.#search((row) => row.getBoundingClientRect().bottom > top);
    let row = this.#rows.children[i] as HTMLElement | undefined;
    while (row && "loose" in row.dataset) row = this.#rows.children[++i] as HTMLElement | undefined;
    if (!row) return void (this.#anchor = undefined);
    const bottom = this.#edgeOf(row, "bottom");
    const edge = bottom <= s.clientHeight ? "bottom" : "top";
    this.#anchor = { row, key: row.dataset["key"] ?? "", edge, at: edge === "bottom" ? bottom : this.#edgeOf(row, "top") };
  }

  #edgeOf(row: Element, edge: "top" | "bottom"): number {
    return row.getBoundingClientRect()[edge] - this.#scroller.getBoundingClientRect().top;
  }

  /** Returns the number of the first row for which something is true, and for all after it. */
  #search(is: (row: Element) => boolean): number {
    let [low, high] = [0, this.#rows.children.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (is(this.#rows.children[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
