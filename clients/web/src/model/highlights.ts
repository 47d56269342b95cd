/** A part of a text, and whether it was looked for. */
export interface Piece {
  text: string;
  found: boolean;
}

const before = 24; // code points that stand before the first one that was found
const enough = 60; // a text whose first highlight is this far in is shown without its beginning
const longest = 400; // code points that are shown

/**
 * Splits a text at its highlights, which count code points. Of a long text it returns the part
 * around the first of them.
 */
export function pieces(text: string, highlights: readonly { start: number; length: number }[]): Piece[] {
  const points = [...text.replace(/\s/g, " ")];
  const first = highlights[0]?.start ?? 0;
  let at = first > enough ? first - before : 0;
  const end = Math.min(points.length, at + longest);
  const all: Piece[] = at > 0 ? [{ text: "…", found: false }] : [];
  const put = (from: number, to: number, found: boolean) => {
    if (to > from) all.push({ text: points.slice(from, to).join(""), found });
  };
  for (const { start, length } of highlights) {
    if (start < at || start >= end) continue;
    put(at, start, false);
    at = Math.min(start + length, end);
    put(start, at, true);
  }
  put(at, end, false);
  if (end < points.length) all.push({ text: "…", found: false });
  return all;
}
