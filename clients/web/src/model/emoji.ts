import { part } from "./parts.ts";

/** An emoji as the pickers know it. */
export interface Emoji {
  emoji: string;
  group: number;
  name: string;
  /** Other words by which it is found, in both languages, folded. */
  words: string;
}

let loading: Promise<readonly Emoji[]> | undefined;

/** Loads all emoji, once, when the user first looks for one. */
export function allEmoji(): Promise<readonly Emoji[]> {
  loading ??= part(() => import("virtual:emoji")).then(({ default: rows }) =>
    rows.map(([emoji, group, name, words]) => ({ emoji, group, name, words: ` ${name} ${words}`.toLowerCase() })),
  );
  return loading;
}

/** Returns the emoji that a text may mean, the likeliest first. */
export function findEmoji(all: readonly Emoji[], query: string, most: number): Emoji[] {
  const q = query.toLowerCase().normalize("NFKC");
  const ranked: Emoji[][] = [[], [], [], []];
  for (const e of all) {
    const rank = e.name === q ? 0 : e.name.startsWith(q) ? 1 : e.words.includes(` ${q}`) ? 2 : e.words.includes(q) ? 3 : -1;
    if (rank >= 0) ranked[rank]!.push(e);
  }
  return ranked.flat().slice(0, most);
}
