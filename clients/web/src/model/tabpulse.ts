const beat = 3000; // milliseconds between two questions; the answer to the first comes within them

/**
 * Watches, in a tab that is visible, whether the tab that leads is alive. A browser may freeze a
 * hidden tab. A frozen tab says nothing, and keeps its lock.
 */
export class TabPulse {
  #asked = 0; // when the leader was asked, if it has said nothing since
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** ask asks the leader for a word; silent is called when none comes. */
  constructor(readonly ask: () => void, readonly silent: () => void) {}

  start(): void {
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#look);
    this.#rest();
  }

  /** Takes note that the leader has said something. */
  heard(): void {
    this.#asked = 0;
  }

  readonly #look = (): void => {
    this.#rest();
    if (!document.hidden) this.#beat();
  };

  #rest(): void {
    clearTimeout(this.#timer);
    this.#asked = 0;
  }

  /**
   * Asks the leader, unless it was asked and has not answered. A tab that was frozen itself asks
   * again.
   */
  #beat(): void {
    const now = Date.now();
    this.#timer = setTimeout(() => this.#beat(), beat);
    const silent = this.#asked > 0 && now - this.#asked < 2 * beat;
    this.#asked = now;
    this.ask();
    if (silent) this.silent();
  }
}
