// Several tabs of one person share one connection. When the tab that holds it goes, another tab
// goes on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, bob, first, second;

before(async () => {
  server = await Server.start();
  browser = await launch();
  alice = await Person.arrive(browser, server, "alice");
  bob = await Person.arrive(browser, server, "bob");
  first = alice.page;
  await alice.open(server.url);
  await alice.signIn();
  second = alice.page;
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const connections = async () => (await server.as("alice", { type: "list_sessions" }))[0].sessions.length;

test("two tabs have one connection", async () => {
  assert.equal(await connections(), 1);
});

test("a tab without the connection talks both ways", async () => {
  await alice.talkTo("bob");
  await alice.say("from the second tab");
  await alice.stored("from the second tab");
  await bob.go("alice");
  await bob.say("to both tabs");
  await alice.sees("from the second tab", "to both tabs");
  await first.locator(".row", { hasText: "to both tabs" }).waitFor();
});

test("what both show is watched", async () => {
  await bob.page.bringToFront();
  const told = alice.page.locator(".typing", { hasText: "bob is writing" });
  await until("alice is told", async () => { // the client tells it every three seconds, while keys are pressed
    await bob.area.press("h");
    return told.isVisible();
  });
  await bob.area.fill("");
});

test("a draft is in the other tab, too", async () => {
  await alice.area.fill("not yet");
  await first.locator(".row", { hasText: "Draft: not yet" }).waitFor();
  await alice.area.fill("");
});

test("when the tab with the connection is closed, the other goes on and misses nothing", async () => {
  await first.close();
  await bob.say("are you still there?");
  await alice.sees("to both tabs", "are you still there?");
  await alice.say("I am");
  await bob.sees("are you still there?", "I am");
  await until("there is one connection", async () => (await connections()) === 1);
});

test("what is sent while the leader goes arrives once", async () => {
  await alice.open(server.url);
  const third = alice.page;
  await alice.signIn();
  await alice.talkTo("bob");
  await alice.message("I am").waitFor();
  await Promise.all([second.close(), alice.say("into the gap")]);
  await alice.stored("into the gap");
  await bob.sees("I am", "into the gap");
  assert.equal(await bob.message("into the gap").count(), 1);
  second = third;
});

test("when the browser freezes the leading tab, one that somebody sees goes on", async () => {
  const frozen = second;
  await alice.open(server.url);
  await alice.signIn();
  await alice.talkTo("bob");
  await alice.message("into the gap").waitFor();
  const browserOf = await alice.context.newCDPSession(frozen);
  await browserOf.send("Page.setWebLifecycleState", { state: "frozen" });
  await bob.say("to whoever is awake");
  await alice.sees("into the gap", "to whoever is awake");
  await alice.say("I am");
  await bob.sees("to whoever is awake", "I am");
  await browserOf.send("Page.setWebLifecycleState", { state: "active" });
  const awake = alice.page;
  alice.page = frozen;
  await alice.sees("into the gap", "to whoever is awake", "I am");
  await alice.say("and so am I");
  await bob.sees("I am", "and so am I");
  alice.page = awake;
  await alice.sees("I am", "and so am I");
  await until("there is one connection", async () => (await connections()) === 1);
  await frozen.close();
});

test("signing out in one tab signs out all", async () => {
  const other = alice.page;
  await alice.open(server.url);
  await alice.signIn();
  await alice.page.keyboard.press("Control+,");
  await alice.page.getByRole("button", { name: "Sign out this device" }).click();
  await alice.page.locator("input[name=user]").waitFor();
  await other.locator("input[name=user]").waitFor();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
