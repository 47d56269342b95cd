import { expect, test } from "vitest";
import { lineOf } from "./summary.ts";

test("a line has no marks of Markdown", () => {
  expect(lineOf({ text: "> **Keep** off\n- the `boardwalk`\n\n# until [six](https://example.com)\n```js\nx\n```" })).toBe("Keep off the boardwalk until six x");
  expect(lineOf({ text: "[] [a] (b) 2 * 3" })).toBe("[] [a] (b) 2 * 3");
});

test.each(["[", "[a](", "[a", "](", "\n", "> ", "> \n", "`", "```", "* ", "-\t", "\t"])("a long message of %j is a short line", (part) => {
  const line = lineOf({ text: "a" + part.repeat(1_000_000 / part.length) + "b" });
  expect(line.length).toBeLessThanOrEqual(1001);
});

test("what is cut says so, and cuts no character in two", () => {
  const line = lineOf({ text: "x" + "🐸".repeat(600) });
  expect(line).toMatch(/^x🐸+…$/u);
});
