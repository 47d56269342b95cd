import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const id = "virtual:emoji";

interface Entry {
  emoji: string;
  annotation: string;
  group: number;
  order: number;
  shortcodes?: string[];
  tags?: string[];
}

/**
 * Gives the module virtual:emoji: a row for each emoji, `[emoji, group, name, words]`, in Unicode's
 * order. The words are those of both languages by which a person may look for it. The module is
 * loaded only when somebody looks for an emoji.
 */
export function emoji(): Plugin {
  return {
    name: "natterjack-emoji",
    resolveId: (source) => (source === id ? "\0" + id : undefined),
    load: (loaded) => (loaded === "\0" + id ? `export default ${JSON.stringify(rows())};` : undefined),
  };
}

function rows(): [emoji: string, group: number, name: string, words: string][] {
  const japanese = new Map(entries("ja/cldr").map((e) => [e.emoji, e]));
  return entries("en/emojibase")
    .sort((a, b) => a.order - b.order)
    .map((e) => {
      const ja = japanese.get(e.emoji);
      const [name = e.annotation.replaceAll(" ", "_"), ...others] = e.shortcodes ?? [];
      const words = [...others, ...(e.tags ?? []), ja?.annotation ?? "", ...(ja?.tags ?? [])];
      return [e.emoji, e.group, name, [...new Set(words)].filter(Boolean).join(" ")];
    });
}

function entries(set: string): Entry[] {
  const path = createRequire(import.meta.url).resolve(`emoji-picker-element-data/${set}/data.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Entry[];
}
