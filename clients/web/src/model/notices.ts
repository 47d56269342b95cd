import { mentions, muted, type Channels } from "./channels.ts";
import { Hearing } from "./hearing.ts";
import type { Link } from "./link.ts";
import type { Settings } from "./settings.ts";
import type { Sound } from "./sounds.ts";
import { notify } from "./push/names.ts";
import { isDirect, type Message } from "./wire.ts";

/**
 * Which messages of a channel the user is notified of: here by a sound, and by push on devices
 * where the user does not look.
 */
export type NoticeLevel = "all" | "mentions" | "none";

/** The prefix of the settings about sounds and the title. They are the same on all devices. */
export const noticePrefix = "client/notice/";

const soundName = noticePrefix + "sound";
const titleName = noticePrefix + "title";
const quietFor = 2000; // milliseconds after a sound
const fresh = 60_000; // a message that is older was missed, and makes no sound

/** Returns the sound of a message, as the user has chosen it. */
export function soundOf(settings: Settings): Sound {
  const set = settings.of(soundName).value;
  return set === "drop" || set === "none" ? set : "frog";
}

/** Tells whether the title of the page counts channels with unread messages. */
export const titleCounts = (settings: Settings): boolean => settings.of(titleName).value !== "off";

/**
 * Returns which messages of a channel the user is notified of: what is set for the channel, or else
 * for all groups.
 */
export function levelOf(settings: Settings, channel: string): NoticeLevel {
  const set = settings.of(notify.levelOf(channel)).value || defaultOf(settings, channel);
  return set === "mentions" || set === "none" ? set : "all";
}

const defaultOf = (settings: Settings, channel: string): string => (isDirect(channel) ? "all" : settings.of(notify.level).value || "all");

/** Plays a sound for a message that the user does not look at. Of several tabs, one does it. */
export class Notices {
  readonly #hearing: Hearing;
  #last = 0;

  constructor(readonly me: string, readonly settings: Settings, readonly channels: Channels, readonly link: Link) {
    this.#hearing = new Hearing(me, link);
  }

  close(): void {
    this.#hearing.close();
  }

  setSound(sound: Sound): Promise<void> {
    return this.settings.set(soundName, sound === "frog" ? "" : sound);
  }

  setTitleCounts(on: boolean): Promise<void> {
    return this.settings.set(titleName, on ? "" : "off");
  }

  setLevel(channel: string, level: NoticeLevel): Promise<void> {
    return this.settings.set(notify.levelOf(channel), level === defaultOf(this.settings, channel) ? "" : level);
  }

  /** Takes a message that has come. looked says whether its channel is on screen. */
  receive(m: Message, looked: boolean): void {
    if (m.sender === this.me) return;
    const message = `${m.channel}/${m.seq}`;
    if (looked) return this.#hearing.seen(message);
    const now = Date.now();
    if (now - m.timestamp > fresh || now - this.#last < quietFor || !this.#heard(m)) return;
    const sound = soundOf(this.settings);
    if (sound === "none") return;
    this.#last = now;
    this.#hearing.offer(message, () => void import("./sounds.ts").then((s) => s.play(sound)).catch(() => {})); // without the sound nothing is lost
  }

  #heard(m: Message): boolean {
    const c = this.channels.of(m.channel).peek();
    if (muted(c)) return false;
    const level = levelOf(this.settings, m.channel);
    return level === "all" || (level === "mentions" && mentions(m, this.me));
  }
}
