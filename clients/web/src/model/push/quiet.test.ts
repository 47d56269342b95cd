import { expect, test } from "vitest";
import { spansOf, textOf, type Span } from "./quiet.ts";

test.each<[string, Span[]]>([
  ["mon-fri 22:00-07:00; sat,sun 23:00-09:30", [{ days: [1, 2, 3, 4, 5], from: "22:00", to: "07:00" }, { days: [0, 6], from: "23:00", to: "09:30" }]],
  ["daily 12:00-13:00", [{ days: [0, 1, 2, 3, 4, 5, 6], from: "12:00", to: "13:00" }]],
  ["mon-wed,sat 08:00-08:00", [{ days: [1, 2, 3, 6], from: "08:00", to: "08:00" }]],
  ["fri-sun 20:00-23:59", [{ days: [0, 5, 6], from: "20:00", to: "23:59" }]],
])("%s is read, and written the same", (text, spans) => {
  expect(spansOf(text)).toEqual(spans);
  expect(textOf(spans)).toBe(text);
});

test("days around the end of the week are read, as another client may write them", () => {
  expect(spansOf("fri-mon 20:00-23:00")[0]!.days).toEqual([0, 1, 5, 6]);
});

test("all sets of days are written so that they are read again", () => {
  for (let set = 1; set < 128; set++) {
    const days = [0, 1, 2, 3, 4, 5, 6].filter((d) => set & (1 << d));
    expect(spansOf(textOf([{ days, from: "22:00", to: "07:00" }]))).toEqual([{ days, from: "22:00", to: "07:00" }]);
  }
});

test.each(["", "x", "mon 22:00", "never 22:00-07:00", "mon-x 22:00-07:00"])("what is no quiet is none: %j", (text) => expect(spansOf(text)).toEqual([]));
