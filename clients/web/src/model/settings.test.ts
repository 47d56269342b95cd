import { expect, test } from "vitest";
import type { Link } from "./link.ts";
import { Settings } from "./settings.ts";
import type { Setting } from "./wire.ts";

/** Plays a server that has settings, and answers with two at a time. */
function serving(stored: Setting[], refuses = false): Link {
  const request = async (name: string, p: { prefix?: string; after?: string }) => {
    if (name === "set" && refuses) throw new Error("refused");
    if (name === "set") return {};
    const all = stored.filter((s) => s.name.startsWith(p.prefix!) && s.name > (p.after ?? ""));
    return { settings: all.slice(0, 2), more: all.length > 2 };
  };
  return { request } as unknown as Link;
}

test("all pages are read, and what another device has removed goes", async () => {
  const settings = new Settings(serving(["a", "b", "c"].map((u) => ({ name: `block/${u}`, value: "1" }))));
  settings.receive({ name: "block/z", value: "1" });
  settings.receive({ name: "mute/z", value: "0" });
  await settings.read("block/");
  expect(settings.names("block/").sort()).toEqual(["block/a", "block/b", "block/c"]);
  expect(settings.of("mute/z").value).toBe("0");
});

test("a change is shown at once, and taken back if it is refused", async () => {
  const settings = new Settings(serving([], true));
  const done = settings.set("privacy/receipts", "off");
  expect(settings.of("privacy/receipts").value).toBe("off");
  await expect(done).rejects.toThrow("refused");
  expect(settings.of("privacy/receipts").value).toBe("");
});
