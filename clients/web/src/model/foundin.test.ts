import { expect, test } from "vitest";
import { foundIn, placeOf } from "./foundin.ts";

const at = (start: number, length: number, more: object = {}) => ({ start, length, ...more });

test("words are told apart from the same words before them", () => {
  const text = "🐸 frog, Frog and frog";
  const [first, second, third] = foundIn({ content: { text }, highlights: [at(2, 4), at(8, 4), at(17, 4)] });
  expect([first, second, third]).toEqual([{ word: "frog", after: 0, file: false }, { word: "Frog", after: 0, file: false }, { word: "frog", after: 1, file: false }]);
  expect([first, second, third].map((f) => placeOf(text, f!))).toEqual([3, 9, 18]);
});

test("words are found although markup is not shown", () => {
  const [found] = foundIn({ content: { text: "[frog](https://frog.example) **frog**" }, highlights: [at(31, 4)] });
  expect(found).toMatchObject({ word: "frog", after: 2 });
  expect(placeOf("frog frog", found!)).toBe(5);
  expect(placeOf("it was edited", found!)).toBe(-1);
});

test("words in names and captions are found, and those in files are not", () => {
  const content = { text: "frog", attachments: [{ id: "a", name: "frog.png", caption: "a frog" }] } as never;
  expect(foundIn({ content, highlights: [at(0, 4, { in: "name", attachment: 0 }), at(2, 4, { in: "caption", attachment: 0 }), at(0, 4, { in: "content", attachment: 0 })] as never }))
    .toEqual([{ word: "frog", after: 0, file: true }, { word: "frog", after: 0, file: true }]);
});
