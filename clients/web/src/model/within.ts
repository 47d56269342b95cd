import type { Event, Message } from "./wire.ts";

const most = 1000; // events that are held; there are more only where members hardly write

/** A change of a channel, as it stands in the log. */
export interface Happened extends Event {
  /** Whether changes just before it are left out. */
  cut?: boolean;
}

/** Says of the first of some changes that more happened before it. */
export function cutBefore([first, ...rest]: readonly Happened[]): readonly Happened[] {
  return first ? [first.cut ? first : { ...first, cut: true }, ...rest] : [];
}

/**
 * Returns the events that lie between the loaded messages, each once, ascending. An event belongs
 * to the last message before it. Before the first message, and behind the last one, there are only
 * events if that end of the channel is loaded.
 */
export function within(messages: readonly Message[], ends: { start: boolean; end: boolean }, ...events: readonly (readonly Happened[])[]): readonly Happened[] {
  const first = ends.start ? 0 : (messages[0]?.seq ?? 0);
  const last = ends.end ? Infinity : (messages.at(-1)?.seq ?? 0);
  const known = new Map<number, Happened>();
  for (const e of events.flat()) {
    const at = e.last ?? 0;
    if (at >= first && at <= last && !known.has(e.version)) known.set(e.version, e);
  }
  const all = [...known.values()].sort((a, b) => a.version - b.version);
  return all.length > most ? cutBefore(all.slice(-most)) : all;
}
