import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../session.ts";
import type { Event } from "../wire.ts";
import type { Device } from "./device.ts";
import { offered, withdrawOffer } from "./offer.ts";
import { Offering } from "./offering.ts";

let hidden: boolean, kind: string, permission: string, muted: boolean, visible: () => void, listeners: Set<(e: Event) => void>, offering: Offering;

beforeEach(() => {
  localStorage.clear();
  [hidden, kind, permission, muted, listeners] = [true, "off", "default", false, new Set()];
  vi.stubGlobal("document", { get hidden() { return hidden; }, addEventListener: (_: string, f: () => void) => (visible = f), removeEventListener() {} });
  const channels = { of: () => signal({ mute: muted ? "0" : "" }) };
  offering = new Offering({ me: "alice", listeners, channels } as unknown as Session, { state: { peek: () => ({ kind }) }, browser: { permission: () => permission } } as unknown as Device);
});

afterEach(() => {
  offering.close();
  vi.unstubAllGlobals();
});

const comes = (sender = "bob") => listeners.forEach((hear) => hear({ kind: "message", channel: "alice~bob", sender } as Event));
const back = () => {
  hidden = false;
  visible();
};

test("it is made to who comes back after somebody has written, and not before", () => {
  back();
  expect(offered.peek()).toBe(false); // at first sight
  comes();
  expect(offered.peek()).toBe(false); // while they look
  hidden = true;
  comes();
  expect(offered.peek()).toBe(false);
  back();
  expect(offered.peek()).toBe(true);
});

test.each([
  ["whose own message it was", () => comes("alice")],
  ["who has muted the channel", () => { muted = true; comes(); }],
  ["who is told already", () => { kind = "on"; comes(); }],
  ["whose server tells nobody", () => { kind = "server"; comes(); }],
  ["whom the browser has asked before", () => { permission = "granted"; comes(); }],
  ["who has declined it", () => { withdrawOffer({ forever: true }); comes(); }],
])("it is not made to one %s", (_, happens) => {
  happens();
  back();
  expect(offered.peek()).toBe(false);
});

test("it goes with the session", () => {
  comes();
  back();
  offering.close();
  expect(offered.peek()).toBe(false);
});
