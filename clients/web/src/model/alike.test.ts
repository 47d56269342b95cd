import { expect, test } from "vitest";
import { lookOf } from "./alike.ts";
import type { Link } from "./link.ts";
import { People } from "./people.ts";

test("names that look alike have the same look, and others do not", () => {
  for (const [a, b] of [["Mio", "Mіo"], ["mio", "MIO "], ["Ines", "Inés"], ["Paul", "PauI".replace("I", "1")], ["モモ", "ﾓﾓ"]] as const) expect(lookOf(a), `${a} ${b}`).toBe(lookOf(b));
  for (const [a, b] of [["Mio", "Mia"], ["美緒", "美結"], ["はは", "ばば"]] as const) expect(lookOf(a), `${a} ${b}`).not.toBe(lookOf(b));
});

test("people have twins as long as their names look alike", () => {
  const people = new People("me", {} as Link);
  people.receive([{ user: "mio", name: "Mio", version: 1 }, { user: "x1", name: "Mіo", version: 1 }, { user: "ren" }]);
  expect(["mio", "x1", "ren"].map((u) => people.hasTwin(u))).toEqual([true, true, false]);
  people.receive([{ user: "x1", name: "Max", version: 2 }]);
  expect(["mio", "x1"].map((u) => people.hasTwin(u))).toEqual([false, false]);
  people.close();
});
