import { lengthOf } from "../words/format.ts";
import { list } from "../words/list.ts";
import type { Attachment, Content, Message } from "./wire.ts";

const most = 1000; // characters; it is more than a line shows, and more than a user listens to

/** Returns a message in one line: its text without marks of Markdown, or the names of its files. */
export function muchOf(m: Message): string {
  if (m.deleted || !m.content) return list().deleted;
  return lineOf(m.content);
}

/** Returns a content in one line. Files may be on their way still. */
export function lineOf(content: Content, files: readonly { name: string }[] = []): string {
  return unmarked(content.text) || attachedIn(content.attachments ?? []) || (files.length > 1 ? list().files(files.length) : (files[0]?.name ?? ""));
}

/**
 * Returns the beginning of a text without the marks of Markdown. Each row of the list has such a
 * text, so it must be quick: no pattern may search the whole text at every mark for an end that is
 * not there.
 */
function unmarked(text: string): string {
  const line = text.trimStart().slice(0, most)
    .replace(/```[^\n]*\n?|[*_~]{2}|`/g, "")
    .replace(/^[ \t]*(?:[>#]+|[-*+])[ \t]+/gm, "")
    .replace(/\[([^[\]]*)\]\([^()]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
  return text.trim().length > most ? `${line.replace(/[\ud800-\udbff]$/, "")}…` : line;
}

function attachedIn(all: readonly Attachment[]): string {
  const w = list();
  const [one] = all;
  if (!one) return "";
  const images = all.filter((a) => a.kind === "image").length;
  if (images === all.length) return w.photos(images);
  if (all.length > 1) return w.files(all.length);
  if (one.kind === "voice") return w.voice(lengthOf(one.duration ?? 0));
  if (one.kind === "video") return w.video;
  return one.name ?? w.audio;
}
