import { expect, test } from "vitest";
import { filtersIn, withFilter, withoutFilter } from "./query.ts";

const short = (query: string) => filtersIn(query).map((f) => `${f.not ? "-" : ""}${f.kind}=${f.value}`);

test("finds the filters of a query", () => {
  expect(short('kitchen from:alice in:"Design team" -has:image after:7d')).toEqual(["from=alice", "in=Design team", "-has=image", "after=7d"]);
  expect(short("合唱 FROM：美緒 is:unread")).toEqual(["from=美緒", "is=unread"]);
  expect(short('"from:alice said" x:y email:in:box')).toEqual([]);
  expect(short('in:"a \\"b\\" c" from: has:')).toEqual(['in=a "b" c']);
});

test("writes what it reads", () => {
  for (const name of ["Design team", "plain", 'say "hi"', "back\\slash", "湿地の録音会"]) {
    expect(filtersIn(withFilter("frogs", "in", name)).map((f) => f.value)).toEqual([name]);
  }
});

test("adds a filter once, and replaces a date", () => {
  expect(withFilter("frogs ", "has", "image")).toBe("frogs has:image ");
  expect(withFilter("has:image frogs", "has", "image")).toBe("has:image frogs");
  expect(withFilter("", "from", "mio")).toBe("from:mio ");
  expect(withFilter("after:2026-01-01 frogs", "after", "2026-02-02")).toBe("frogs after:2026-02-02 ");
  expect(withFilter("on:2026-01-01 frogs on:2026-01-02 loud", "on", "7d")).toBe("frogs loud on:7d ");
});

test("replaces no negated date", () => {
  expect(withFilter("frogs -before:2026-01-01", "before", "2026-02-02")).toBe("frogs -before:2026-01-01 before:2026-02-02 ");
  expect(withFilter("-on:7d on:2d", "on", "today")).toBe("-on:7d on:today ");
});

test("removes a filter and leaves the rest", () => {
  const query = "loud from:mio frogs";
  expect(withoutFilter(query, filtersIn(query)[0]!)).toBe("loud frogs");
  expect(withoutFilter("from:mio", filtersIn("from:mio")[0]!)).toBe("");
});
