import { effect, signal } from "@preact/signals";
import { route } from "./route.ts";

const speeds = [1, 1.5, 2] as const;
const speedKey = "natterjack.speed";

/** A sound that can be played. */
export interface Sound {
  /** Tells sounds apart. */
  id: string;
  /** Returns a URL that is good now. */
  url: () => Promise<string>;
}

/**
 * Plays one sound at a time. It goes on while its message is scrolled away, and ends when the user
 * leaves the conversation.
 */
class Player {
  /** The sound that is played or paused; "" if there is none. */
  readonly id = signal("");
  readonly playing = signal(false);
  readonly failed = signal(false);
  /** In seconds. */
  readonly at = signal(0);
  /** In seconds, once the browser knows; 0 before. */
  readonly length = signal(0);
  readonly speed = signal<number>(speeds.find((s) => String(s) === localStorage.getItem(speedKey)) ?? 1);
  readonly #audio = new Audio();
  #sound: Sound | undefined;
  #renewed = false;

  constructor() {
    const a = this.#audio;
    a.preload = "auto";
    a.ontimeupdate = () => (this.at.value = a.currentTime);
    a.ondurationchange = () => (this.length.value = Number.isFinite(a.duration) ? a.duration : 0);
    a.onplay = () => (this.playing.value = true);
    a.onpause = () => (this.playing.value = false);
    a.onended = () => (this.at.value = 0);
    a.onplaying = () => (this.#renewed = false);
    a.onerror = () => void this.#again();
    let channel = "";
    effect(() => {
      const at = route.value;
      const now = at.screen === "talk" ? at.channel : "";
      if (now !== channel) this.stop();
      channel = now;
    });
  }

  /** Plays a sound, or pauses it. */
  async toggle(sound: Sound): Promise<void> {
    if (this.id.peek() !== sound.id) await this.#load(sound, 0);
    else if (this.playing.peek()) return this.#audio.pause();
    await this.#audio.play().catch(() => {}); // onerror and onpause handle a failure
  }

  /** Goes to a place, in seconds. */
  async seek(sound: Sound, to: number): Promise<void> {
    if (this.id.peek() !== sound.id) return await this.#load(sound, to);
    this.#audio.currentTime = to;
    this.at.value = to;
  }

  /** Goes on to the next speed, and remembers it. */
  faster(): void {
    const next = speeds[(speeds.indexOf(this.speed.peek() as 1) + 1) % speeds.length]!;
    this.speed.value = this.#audio.playbackRate = this.#audio.defaultPlaybackRate = next;
    localStorage.setItem(speedKey, String(next));
  }

  stop(): void {
    if (!this.id.peek()) return;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.id.value = "";
  }

  async #load(sound: Sound, at: number): Promise<void> {
    this.#audio.pause();
    this.#sound = sound;
    this.id.value = sound.id;
    this.failed.value = false;
    this.at.value = at;
    this.length.value = 0;
    try {
      const url = await sound.url();
      if (this.#sound !== sound) return;
      this.#audio.src = url;
      this.#audio.defaultPlaybackRate = this.#audio.playbackRate = this.speed.peek();
      if (at > 0) this.#audio.currentTime = at;
    } catch {
      if (this.#sound === sound) this.failed.value = true;
    }
  }

  /** Goes on with another URL, once, because a URL may expire while the sound is paused. */
  async #again(): Promise<void> {
    if (!this.#sound || !this.id.peek()) return;
    if (this.#renewed) {
      this.failed.value = true;
      return;
    }
    this.#renewed = true;
    await this.#load(this.#sound, this.at.peek());
    await this.#audio.play().catch(() => {});
  }
}

let one: Player | undefined;

/** Returns the player of the app. */
export const player = (): Player => (one ??= new Player());
