import { expect, test, vi } from "vitest";
import type { Outbox, Request } from "../src/outbox.js";
import { keepMessage, Sends, type Outgoing } from "../src/sends.js";
import { MemoryStorage } from "../src/storage.js";
import type * as wire from "../src/wire.gen.js";

/** A program that sends what a storage keeps. It is told how files are made ready. */
async function program(storage: MemoryStorage, prepare: (file: { file: Blob; prepare?: string }) => Promise<{ file: Blob; name?: string }>) {
  const [uploaded, sent, states]: [Blob[], Request[], Outgoing[]] = [[], [], []];
  const sends = new Sends({
    storage, prepare, log: () => {}, changed: (m) => states.push(m),
    outbox: { add: (r: Request) => (sent.push(r), () => undefined) } as unknown as Outbox,
    upload: async (_channel, file) => {
      uploaded.push(file);
      return { attachment: { id: "a" }, ticket: "t" } as unknown as wire.Attached;
    },
  });
  await sends.load();
  sends.begin("ann");
  return { sends, uploaded, sent, states };
}

const whole = new Blob(["large"]);
const small = new Blob(["s"]);
const kept = async (storage: MemoryStorage) => (await storage.list("send/")).map(([, value]) => value);

test("a message is kept before its file is made ready, and the next program makes it ready", async () => {
  const storage = new MemoryStorage();
  const first = await program(storage, () => new Promise(() => {})); // it ends meanwhile
  first.sends.send({ channel: "c" }, { text: "hi" }, { clientID: "m", files: [{ file: whole, name: "cat.png", prepare: "smaller" }] });
  await vi.waitFor(async () => expect(await kept(storage)).toMatchObject([{ clientID: "m", files: [{ file: whole, prepare: "smaller" }] }]));
  first.sends.finish(new Error("the program ends"));
  expect(first.uploaded).toEqual([]);

  const next = await program(storage, async (f) => (expect(f).toMatchObject({ file: whole, prepare: "smaller" }), { file: small, name: "cat.webp" }));
  await vi.waitFor(() => expect(next.sent).toHaveLength(1));
  expect(next.uploaded).toEqual([small]);
  expect(next.states.at(-1)!.files).toMatchObject([{ file: small, name: "cat.webp" }]);
  const [{ files }] = (await kept(storage)) as [{ files: object[] }];
  expect(files).toEqual([{ file: small, name: "cat.webp" }]); // nothing is left to be done
});

test("what another program has kept, and what cannot be made ready, is sent", async () => {
  const storage = new MemoryStorage();
  await keepMessage(storage, { channel: "c" }, { text: "hi" }, "m", [{ file: whole, name: "cat.png", prepare: "smaller" }]);
  const { uploaded, sent } = await program(storage, () => Promise.reject(new Error("no picture")));
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(uploaded).toEqual([whole]);
});

test("a message that is discarded while its file is made ready stays away", async () => {
  const storage = new MemoryStorage();
  let ready!: (made: { file: Blob }) => void;
  const { sends, uploaded } = await program(storage, () => new Promise((resolve) => (ready = resolve)));
  sends.send({ channel: "c" }, { text: "hi" }, { clientID: "m", files: [{ file: whole, prepare: "smaller" }] });
  await vi.waitFor(() => expect(ready).toBeDefined());
  sends.discard("m");
  ready({ file: small });
  await new Promise((go) => setTimeout(go, 10));
  expect([uploaded, await kept(storage)]).toEqual([[], []]);
});
