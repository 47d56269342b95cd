// Safari's push service takes a subscription away after three pushes for which nothing was shown.
// So the worker has to show something for every push, and must not show messages that were read
// meanwhile.

import { expect, test } from "vitest";
import { live } from "./month.testing.ts";

const days = 30;
const timeout = 120_000; // it is a month

test.each([1, 2])("over a month nothing is revoked, and nobody is told of what they had read (seed %i)", { timeout }, async (seed) => {
  const month = await live(days, seed);
  expect(month.pushes).toBeGreaterThan(1000);
  expect(month.late).toBeGreaterThan(20); // with fewer, the test would show nothing
  expect(Math.min(...Object.values(month.read))).toBeGreaterThan(50);
  expect(month.revoked).toBe(false);
  expect(month.toldOfRead).toEqual([]);
  expect(month.leftStanding).toEqual([]);
});

test("a worker that shows nothing of what is read loses its subscription", { timeout }, async () => {
  const month = await live(days, 1, async (b, pushed, isRead) => void (isRead || (await b.push(pushed))));
  expect(month.revoked).toBe(true);
});

test("a worker that asks nobody tells of what was read", { timeout }, async () => {
  const month = await live(days, 1, async (b, pushed) => {
    const { answer } = b;
    b.answer = () => { throw new TypeError("it is not asked"); };
    await b.push(pushed);
    b.answer = answer;
  });
  expect(month.toldOfRead.length).toBeGreaterThan(20);
  expect(month.leftStanding.length).toBeGreaterThan(20);
});
