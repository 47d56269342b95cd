import { placeOf, type FoundWord } from "../model/foundin.ts";

// Words are marked by ranges over what is drawn (CSS Custom Highlight API), and not by elements. So
// the message stays as it is, whatever its markup. A browser without such ranges marks nothing.

const name = "found";

/** Marks words in a message, in place of those that were marked before. */
export function markFound(message: HTMLElement, words: readonly FoundWord[]): void {
  if (!("highlights" in CSS)) return;
  const [texts, all] = [piecesOf(message.querySelectorAll(".body > .text, .body > .texts")), piecesOf([message])];
  CSS.highlights.set(name, new Highlight(...words.flatMap((w) => rangeOf(w.file ? all : texts, w))));
}

/** Removes all marks. */
export function unmarkFound(): void {
  if ("highlights" in CSS) CSS.highlights.delete(name);
}

/** Returns the pieces of text in some elements, in their order. */
function piecesOf(roots: Iterable<Element>): Text[] {
  const pieces: Text[] = [];
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) pieces.push(walker.currentNode as Text);
  }
  return pieces;
}

/** Returns the range of a word, which may begin in one piece of text and end in another. */
function rangeOf(pieces: readonly Text[], found: FoundWord): Range[] {
  const from = placeOf(pieces.map((p) => p.data).join(""), found);
  if (from < 0) return [];
  const range = new Range();
  const [start, end] = [pointAt(pieces, from + 1), pointAt(pieces, from + found.word.length)];
  range.setStart(start.piece, start.offset - 1);
  range.setEnd(end.piece, end.offset);
  return [range];
}

/** Returns where the text before an offset ends. */
function pointAt(pieces: readonly Text[], offset: number): { piece: Text; offset: number } {
  let rest = offset;
  for (const piece of pieces) {
    if (rest <= piece.length) return { piece, offset: rest };
    rest -= piece.length;
  }
  throw new RangeError("the offset is beyond the text");
}
