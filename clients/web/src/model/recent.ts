const recentKey = "natterjack.emoji";

/** Returns the emoji that were used last on this device. */
export function recentEmoji(): string[] {
  try {
    return JSON.parse(localStorage.getItem(recentKey) ?? "[]") as string[];
  } catch {
    return [];
  }
}

/** Remembers that an emoji was used. */
export function usedEmoji(emoji: string): void {
  const all = [emoji, ...recentEmoji().filter((e) => e !== emoji)].slice(0, 16);
  localStorage.setItem(recentKey, JSON.stringify(all));
}

/** Forgets these emoji, because the user signs out. */
export function forgetEmoji(): void {
  localStorage.removeItem(recentKey);
}
