import { expect, test } from "vitest";
import { parse } from "./parse.ts";

const most = 16_384; // bytes in a message
const fill = (part: string, length = most) => part.repeat(Math.ceil(length / part.length)).slice(0, length);

interface Size {
  tokens: number;
  depth: number;
}

/** Counts tokens, and how deep they are in each other. */
function sizeOf(value: unknown, depth = 0): Size {
  if (typeof value !== "object" || value === null) return { tokens: 0, depth };
  const all = Object.values(value).map((v) => sizeOf(v, depth + 1));
  return all.reduce((a, b) => ({ tokens: a.tokens + b.tokens, depth: Math.max(a.depth, b.depth) }), { tokens: 1, depth });
}

test.each([
  ["quotes", fill(">", 4000), "blockquote"],
  ["quotes with spaces", fill("> "), "blockquote"],
  ["lists", fill("- ", most - 1) + "x", "list"],
  ["numbered lists", fill("1. "), "list"],
  ["quotes in lists", fill("- > "), "list"],
  ["lists that go in", Array.from({ length: 120 }, (_, i) => " ".repeat(2 * i) + "- a\n").join(""), "list"],
  ["emphasis", fill("*", 200) + "a" + fill("*", 200), "paragraph"],
  ["much emphasis", fill("*", 8000) + "a" + fill("*", 8000), "paragraph"],
  ["emphasis without end", fill("*a _"), "paragraph"],
  ["brackets", fill("["), "paragraph"],
  ["links in links", fill("[", 5000) + "a" + fill("](b)", 11_000), "paragraph"],
  ["a wide table", `|${fill("a|", 4000)}\n|${fill("-|", 4000)}\n${fill("|\n", 8000)}`, "paragraph"],
  ["a long table", `|${fill("a|", 100)}\n|${fill("-|", 100)}\n${fill("|\n", 16_000)}`, "paragraph"],
])("a message of %s is bounded", (_name, text, type) => {
  const tokens = parse(text);
  expect(tokens[0]?.type).toBe(type); // it was parsed, not given up
  const { tokens: count, depth } = sizeOf(tokens);
  expect(depth).toBeLessThan(120);
  expect(count).toBeLessThan(20_000);
});

test("what people write is not touched by the bounds", () => {
  const text = "> > > a\n\n- b\n  - c\n    - d\n      - ***e*** [f](https://example.com)\n\n| g | h |\n|---|---|\n| i | j |";
  const types = JSON.stringify(parse(text)).match(/"type":"\w+"/g);
  for (const type of ["blockquote", "list", "em", "strong", "link", "table"]) expect(types).toContain(`"type":"${type}"`);
});
