import { expect, test } from "vitest";
import { pieces } from "./highlights.ts";

const shown = (...args: Parameters<typeof pieces>) => pieces(...args).map((p) => (p.found ? `[${p.text}]` : p.text)).join("");

test("marks what was found, counted in code points", () => {
  expect(shown("🐸🐸 the 合唱 begins", [{ start: 7, length: 2 }, { start: 10, length: 6 }])).toBe("🐸🐸 the [合唱] [begins]");
  expect(shown("nothing", [])).toBe("nothing");
  expect(shown("two\nlines", [{ start: 4, length: 5 }])).toBe("two [lines]");
});

test("begins near what was found in a long text, and ends", () => {
  const text = `${"a ".repeat(100)}frog${" b".repeat(1000)}`;
  expect(shown(text, [{ start: 200, length: 4 }])).toMatch(/^…(?:a ){12}\[frog\](?: b)+ ?…$/);
  expect(shown(text, [{ start: 200, length: 4 }]).length).toBeLessThan(500);
});

test("bears highlights beyond the text", () => {
  expect(shown("abc", [{ start: 2, length: 9 }, { start: 40, length: 2 }])).toBe("ab[c]");
});
