import { expect, test } from "vitest";
import { begun, emojiBegun, mentionsIn, wordFor } from "./mentions.ts";

const members = [{ user: "bob", name: "bob" }, { user: "bobby", name: "bobby" }, { user: "mio", name: "美緒" }];

test("mentions count code points, whatever comes before", () => {
  expect(mentionsIn("🐸🐸 @bob!", members)).toEqual([{ kind: "user", user: "bob", start: 3, length: 4 }]);
});

test("the longest name counts, and a part of a name does not", () => {
  expect(mentionsIn("@bobby @bobbie @美緒さん @channel", members)).toEqual([
    { kind: "user", user: "bobby", start: 0, length: 6 },
    { kind: "user", user: "mio", start: 15, length: 3 },
    { kind: "channel", start: 21, length: 8 },
  ]);
});

test("an address of mail mentions nobody", () => {
  expect(mentionsIn("x@bob", members)).toEqual([]);
});

const whom = (text: string, ...of: typeof members) => mentionsIn(text, of).map((m) => m.user ?? m.kind);

test("a name that is another's id mentions the one with the id", () => {
  const [alice, mallory] = [{ user: "alice", name: "Alice" }, { user: "mallory", name: "alice" }];
  expect(whom("@alice", alice, mallory)).toEqual(["alice"]);
  expect(whom("@alice", mallory, alice)).toEqual(["alice"]);
  expect(wordFor(mallory, [alice, mallory])).toBe("@mallory");
  expect(wordFor(alice, [alice, mallory])).toBe("@Alice");
});

test("a name of several mentions none of them, and each is mentioned by their id", () => {
  const all = [{ user: "s1", name: "Sam" }, { user: "s2", name: "Sam" }, { user: "s3", name: "Sam" }];
  expect(whom("hi @Sam", ...all)).toEqual([]);
  for (const sam of all) expect(whom(`hi ${wordFor(sam, all)} there`, ...all)).toEqual([sam.user]);
});

test("nobody takes the words for everybody", () => {
  expect(whom("@channel @here", { user: "m", name: "channel" }, { user: "n", name: "here" })).toEqual(["channel", "here"]);
  expect(wordFor({ user: "m", name: "channel" }, [{ user: "m", name: "channel" }])).toBe("@m");
});

test("what is begun before the caret", () => {
  expect(begun("hi @bo", 6)).toEqual({ from: 3, query: "bo" });
  expect(begun("hi @bo", 3)).toBeUndefined();
  expect(begun("mail@bo", 7)).toBeUndefined();
  expect(begun("（@美", 3)).toEqual({ from: 1, query: "美" });
  expect(emojiBegun("so :fro", 7)).toEqual({ from: 3, query: "fro" });
  expect(emojiBegun("at 10:30", 8)).toBeUndefined();
});
