import { expect, test } from "vitest";
import names from "../../../../jetstream/channel/lookalike/testdata/names.json";
import { lookOf } from "./alike.ts";
import type { Link } from "./link.ts";
import { People } from "./people.ts";

interface Pair {
  a: string;
  b: string;
  alike: boolean;
  /** Whether the app may still take the two for alike. */
  rough?: boolean;
  why?: string;
}

// The server tests the same pairs.
const pairs: Pair[] = names;

test.each(pairs.filter((p) => !p.rough))("$a and $b are alike: $alike ($why)", ({ a, b, alike }) => {
  expect(lookOf(a) === lookOf(b), `${lookOf(a)}, ${lookOf(b)}`).toBe(alike);
});

test("people have twins as long as their names look alike", () => {
  const people = new People("me", {} as Link);
  people.receive([{ user: "mio", name: "Mio", version: 1 }, { user: "x1", name: "Mіo", version: 1 }, { user: "ren" }]);
  expect(["mio", "x1", "ren"].map((u) => people.hasTwin(u))).toEqual([true, true, false]);
  people.receive([{ user: "x1", name: "Max", version: 2 }]);
  expect(["mio", "x1"].map((u) => people.hasTwin(u))).toEqual([false, false]);
  people.close();
});

test("whoever takes the id of somebody for a name has a twin: that one may have no other name", () => {
  const people = new People("me", {} as Link);
  people.receive([{ user: "mio" }, { user: "x1", name: "Mio", version: 1 }]);
  expect(["mio", "x1"].map((u) => people.hasTwin(u))).toEqual([false, true]); // an id belongs to one user
  people.receive([{ user: "mio", name: "Mio Sato", version: 1 }]);
  expect(["mio", "x1"].map((u) => people.hasTwin(u))).toEqual([false, false]);
  people.close();
});
