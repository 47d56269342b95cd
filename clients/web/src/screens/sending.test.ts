import { afterEach, expect, test, vi } from "vitest";
import { keysAreNew } from "../model/hint.ts";
import type { Session } from "../model/session.ts";
import { sendNew } from "./sending.ts";

afterEach(() => vi.restoreAllMocks());

const sent: string[] = [];
const session = {
  membersOf: () => [],
  tray: { of: () => ({ peek: () => [] }) },
  outbox: { send: (_: string, content: { text: string }) => sent.push(content.text) },
} as unknown as Session;

test("a full storage is no reason to write a message again", () => {
  vi.spyOn(localStorage, "setItem").mockImplementation(() => { throw new DOMException("full", "QuotaExceededError"); });
  sendNew(session, "alice~bob", "hello", undefined);
  expect(sent).toEqual(["hello"]);
  expect(keysAreNew()).toBe(true);
});

test("who has written ten messages knows the keys", () => {
  for (let i = 0; i < 9; i++) sendNew(session, "alice~bob", "hello", undefined);
  expect(keysAreNew()).toBe(true);
  sendNew(session, "alice~bob", "hello", undefined);
  expect(keysAreNew()).toBe(false);
});
