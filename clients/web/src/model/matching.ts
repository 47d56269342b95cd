const fold = (text: string): string =>
  text.normalize("NFKD").replace(/\p{M}/gu, (m) => (m === "\u3099" || m === "\u309a" ? m : "")).normalize("NFC").toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x60)); // katakana as hiragana

/**
 * Tells whether one of the names contains a text. Case, width, accents and the kind of kana do not
 * count.
 */
export function matches(query: string, ...names: readonly string[]): boolean {
  const q = fold(query);
  return names.some((n) => fold(n).includes(q));
}

/** Ranks how well names fit a text. The best rank is 0, and Infinity does not fit. */
export function rank(query: string, ...names: readonly string[]): number {
  const q = fold(query);
  let best = Infinity;
  for (const name of names) {
    const at = fold(name).indexOf(q);
    if (at >= 0) best = Math.min(best, at === 0 ? 0 : /\W/.test(fold(name)[at - 1]!) ? 1 : 2);
  }
  return best;
}
