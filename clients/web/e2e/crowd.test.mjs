// A group of five hundred: its members, mentions and receipts, and the members who write.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until, wide } from "./server.mjs";

const size = 500;
const readers = 300;
const walkers = Array.from({ length: size - 1 }, (_, i) => `walker${String(i).padStart(3, "0")}`);

let browser, server, alice, group;

before(async () => {
  server = await Server.start({ limits: wide });
  browser = await launch();
  await server.as("walker490", { type: "set_profile", name: "Bo Heron" });
  [{ channel: { id: group } }] = await server.as("alice", { type: "create_group", client_id: "g", name: "Toad patrol", members: walkers.slice(0, 50) });
  for (let i = 50; i < walkers.length; i += 100) await server.as("alice", { type: "add_members", channel: group, members: walkers.slice(i, i + 100) });
  alice = await Person.arrive(browser, server, "alice");
  await alice.go("Toad patrol");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Does something as each of many people, a few at a time. */
async function each(users, command) {
  for (let i = 0; i < users.length; i += 10) await Promise.all(users.slice(i, i + 10).map((user) => server.as(user, command)));
}

test("all are counted, found by name, and shown as one scrolls", async () => {
  await alice.page.locator(".talk > .bar p", { hasText: `${size} members` }).waitFor();
  await alice.page.keyboard.press("Control+i");
  const aside = alice.page.locator(".aside"), people = aside.locator(".people li");
  await aside.getByRole("button", { name: `All ${size} members` }).click();
  await aside.locator("input").fill("heron");
  await until("the one of that name is found", async () => (await people.count()) === 1);
  await people.filter({ hasText: "Bo Heron" }).waitFor();
  await aside.locator("input").fill("");
  await until("all are shown", async () => {
    await aside.locator(".scroll").evaluate((s) => s.scrollTo(0, s.scrollHeight));
    return (await people.count()) === size;
  });
  await aside.getByRole("button", { name: "Close" }).click();
});

test("one of them is mentioned by name, and all of them at once", async () => {
  const offered = alice.page.locator(".picker [role=option]");
  await alice.area.pressSequentially("over here, @heron");
  await offered.filter({ hasText: "Bo Heron" }).waitFor();
  assert.equal(await offered.count(), 1);
  await alice.area.press("Enter");
  await alice.area.press("Enter");
  await alice.message("over here").locator("a.mention").waitFor();
  await alice.area.pressSequentially("and now @chan");
  await offered.filter({ hasText: `everyone, ${size} people` }).waitFor();
  await alice.area.press("Enter");
  await alice.area.press("Enter");
  await alice.stored("and now");
  const mentions = async (user) => (await server.as(user, { type: "list_channels" }))[0].channels.find((c) => c.id === group).mentions ?? 0;
  await until("one is mentioned twice", async () => (await mentions("walker490")) === 2);
  assert.equal(await mentions("walker001"), 1);
});

test("as many as have read a message are counted and named", async () => {
  await alice.say("meet at the sluice");
  await alice.stored("meet at the sluice");
  const [{ events }] = await server.as("alice", { type: "history", channel: group, limit: 1 });
  await each(walkers.slice(0, readers), { type: "read", channel: group, seq: events[0].seq });
  const word = alice.message("meet at the sluice").locator(".word", { hasText: `Read by ${readers}` });
  await word.waitFor();
  await word.click();
  const named = alice.page.locator("dialog p.item");
  await until("all are named", async () => (await named.count()) === readers);
  await alice.page.keyboard.press("Escape");
});

test("many who write at once are one line", async () => {
  const many = alice.page.locator(".typing", { hasText: "Several people are writing" });
  await until("alice is told", async () => { // the client tells it for some seconds after each key
    await each(walkers.slice(0, 60), { type: "set_typing", channel: group });
    return many.isVisible();
  });
  await many.waitFor({ state: "hidden" });
});

test("messages of many come in one order, and the newest stays on screen", async () => {
  await Promise.all(walkers.slice(0, 100).map((user, i) => server.as(user, { type: "send", channel: group, client_id: "c", content: { text: `toad ${i}` } })));
  const stored = (await server.history("alice", group)).filter((e) => e.kind === "message").map((e) => e.content.text);
  await alice.sees(...stored.slice(-20));
  await until("the end is on screen", () => alice.page.locator(".log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 2));
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
