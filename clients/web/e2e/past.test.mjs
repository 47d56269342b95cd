// What happened in a channel stays between its messages: after a reload, on another device, and
// when a user scrolls up. Only users who were members then see it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until, wide } from "./server.mjs";

let browser, server, alice, channel;

before(async () => {
  server = await Server.start({ limits: wide });
  browser = await launch();
  alice = await Person.arrive(browser, server, "alice");
  await alice.makeGroup("Marsh walks", "bob");
  channel = (await server.as("alice", { type: "list_channels" }))[0].channels.find((c) => c.name === "Marsh walks").id;
});

after(async () => {
  await browser?.close();
  await server?.close();
});

let sent = 0;
const say = (...texts) => server.as("alice", ...texts.map((text) => ({ type: "send", channel, client_id: `past-${sent++}`, content: { text } })));

/** Returns the log from the top: what was said, and what happened. */
const log = (p) => p.page.locator(".log").locator(".msg .body, .event").evaluateAll((all) => all.map((row) => row.innerText.trim()));

/** Waits until the log ends with these rows. */
async function ends(p, ...rows) {
  let last;
  await until(`${p.name} sees ${JSON.stringify(rows)}`, async () => {
    last = (await log(p)).slice(-rows.length);
    return rows.length === last.length && rows.every((row, i) => last[i].includes(row));
  }).catch((e) => { throw new Error(`${e.message}; there is ${JSON.stringify(last)}`); });
}

const created = "alice created the group";
const renamed = "alice named the group “Reed walks”";
const added = "alice added carol";
const topic = "alice set the topic to “By the sluice”";
const pinned = "alice pinned a message";

test("a new group says who made it, also after a reload", async () => {
  await ends(alice, created);
  await alice.page.reload();
  await ends(alice, created);
});

test("what happened while one looked is there once after a reload", async () => {
  await say("one");
  await server.as("alice", { type: "update_channel", channel, name: "Reed walks" });
  await say("two");
  await server.as("alice", { type: "pin", channel, seq: 1 }, { type: "add_members", channel, members: ["carol"] }, { type: "update_channel", channel, topic: "By the sluice" });
  await say("three");
  const all = [created, "one", renamed, "two", pinned, added, topic, "three"];
  await ends(alice, ...all);
  await alice.page.reload();
  await ends(alice, ...all);
  assert.equal((await log(alice)).length, all.length);
  await alice.shot("past");
});

test("another device shows it too", async () => {
  const bob = await Person.arrive(browser, server, "bob");
  await bob.go("Reed walks");
  await ends(bob, created, "one", renamed, "two", pinned, added, topic, "three");
  await bob.close();
});

test("who came later sees nothing from before", async () => {
  const carol = await Person.arrive(browser, server, "carol");
  await carol.go("Reed walks");
  await ends(carol, added, topic, "three");
  assert.equal((await log(carol)).length, 3);
  await carol.close();
});

test("it is there as one scrolls up, and goes on live", async () => {
  await say(...Array.from({ length: 130 }, (_, i) => `later ${i}`));
  await alice.page.reload();
  await ends(alice, "later 129");
  assert.ok(!(await log(alice)).some((row) => row.includes(renamed)), "all is loaded at once");
  await until("alice is at the beginning", async () => {
    await alice.page.locator(".log").evaluate((l) => { l.scrollTop = 0; });
    return (await log(alice))[0].includes(created);
  });
  const rows = await log(alice);
  for (const [i, row] of [created, "one", renamed, "two", pinned, added, topic, "three", "later 0"].entries()) assert.ok(rows[i].includes(row), rows[i]);
  await server.as("alice", { type: "update_channel", channel, topic: "" });
  await ends(alice, "later 129", "alice removed the topic");
  assert.deepEqual(Person.complaints, []);
});

test("what a page has no room for is said to be left out", async () => {
  await say("before the rush");
  for (let i = 0; i < 210; i += 42) await server.as("alice", ...Array.from({ length: 42 }, (_, n) => ({ type: "update_channel", channel, topic: `topic ${i + n}` })));
  await say("after the rush");
  await alice.page.reload();
  await ends(alice, "topic 209", "after the rush");
  const rows = await log(alice);
  const at = rows.findIndex((row) => row.includes("before the rush"));
  assert.equal(rows[at + 1], "More happened before this than is shown");
  assert.ok(rows.length - at < 205, `${rows.length - at} rows`);
  assert.deepEqual(Person.complaints, []);
});
