import { expect, test, vi } from "vitest";
import type { Link } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { Tray } from "./tray.ts";

/** Returns a way to the server that tells nothing, because no tab holds a connection. */
const nobody = () => ({ send: vi.fn(), upload: () => new Promise(() => {}) });

test("a message is shown before anybody tells its state, and not twice after", () => {
  const link = nobody();
  const outbox = new Outbox("alice", link as unknown as Link, () => 0);
  outbox.send("c", { text: "hello" });
  const [pending] = outbox.of("c").value;
  expect(pending).toMatchObject({ channel: "c", content: { text: "hello" } });
  expect(outbox.waiting.value).toBe(1);
  expect(link.send.mock.calls[0]![2]).toBe(pending!.clientId);
  outbox.changed({ clientID: pending!.clientId, channel: "c", to: undefined, content: { text: "hello" }, files: [], created: 1, state: "waiting" });
  expect(outbox.of("c").value.length).toBe(1);
});

test("a message is handed over before its pictures are smaller, with how to make them so", async () => {
  vi.stubGlobal("createImageBitmap", () => new Promise(() => {}));
  const link = nobody();
  const outbox = new Outbox("alice", link as unknown as Link, () => 0);
  const tray = new Tray(link as unknown as Link, outbox);
  const cat = new File(["x"], "cat.png", { type: "image/png" });
  tray.add("c", [cat]);
  tray.leave("c", { text: "my cat" });
  expect(outbox.of("c").value).toMatchObject([{ content: { text: "my cat" }, files: [{ name: "cat.png" }] }]);
  expect(link.send).toHaveBeenCalledWith("c", { text: "my cat" }, expect.any(String), [{ file: cat, prepare: "smaller" }]);
  vi.unstubAllGlobals();
});
