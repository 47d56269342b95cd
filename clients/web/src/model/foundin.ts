import type { wire } from "natterjack";

/** A word that a search has found in a message. */
export interface FoundWord {
  word: string;
  /** How many times the same word stands before it in its text. */
  after: number;
  /** Whether it stands in the name or the caption of a file, and not in the text. */
  file: boolean;
}

/** Returns the words that a search has found in a message, in a form that outlives markup. */
export function foundIn({ content, highlights }: Pick<wire.Hit, "content" | "highlights">): FoundWord[] {
  return highlights.flatMap(({ start, length, in: place, attachment = 0 }) => {
    const a = content.attachments?.[attachment];
    const text = place === "name" ? a?.name : place === "caption" ? a?.caption : place ? undefined : content.text;
    if (text === undefined) return []; // the word is in the file itself
    const points = [...text];
    const word = points.slice(start, start + length).join("");
    return word ? [{ word, after: points.slice(0, start).join("").split(word).length - 1, file: place !== undefined }] : [];
  });
}

/**
 * Returns where a word begins in a text that is shown. It returns -1 if the text does not have the
 * word now.
 */
export function placeOf(shown: string, { word, after }: FoundWord): number {
  let at = shown.indexOf(word);
  for (let i = 0; i < after; i++) {
    const next = shown.indexOf(word, at + word.length);
    if (next < 0) break; // the word also stood in an address that is not shown
    at = next;
  }
  return at;
}
