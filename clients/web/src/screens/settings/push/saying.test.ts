import { expect, test } from "vitest";
import type { LogEntry, Subscription } from "../../../model/push/wire.ts";
import { resultText } from "./saying.ts";

const entry = (more: Partial<LogEntry>): LogEntry => ({ pos: 1, timestamp: 1, verdict: "told", reason: "sent", ...more });
const phone: Subscription = { id: "p", kind: "web", label: "Chrome, Android", since: 1, renewed: 1, version: 1, state: "ok" };

test.each([
  ["a device", { id: "p", result: "sent" }, "Chrome, Android: taken"],
  ["a device that is not there any more", { id: "x", result: "refused" }, "A removed device: refused"],
  ["a result of a later server", { id: "p", result: "eaten" }, "Chrome, Android: refused"],
  ["a digest", { id: "mail", result: "sent" }, "Mail: taken"],
  ["a digest that is tried again", { id: "mail", result: "again" }, "Mail: tried again"],
  ["a digest to nobody", { id: "mail", result: "refused", reason: "no_address" }, "Your identity provider has told no verified address."],
] as const)("the log says what became of %s", (_, more, text) => {
  expect(resultText(entry(more as Partial<LogEntry>), [phone])).toBe(text);
});
