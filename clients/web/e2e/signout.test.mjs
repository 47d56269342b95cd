// What is left on a device when a user signs out: nothing of theirs, except messages that they have
// not sent yet.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice;

before(async () => {
  server = await Server.start();
  browser = await launch();
  await server.as("bob", { type: "send", to: "alice", client_id: "b", content: { text: "hello" } });
  alice = await Person.arrive(browser, server, "alice");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const tokenOf = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem("natterjack.identity")).token);
const opens = async (token) => (await fetch(`${server.url}/v1/frames`, { method: "POST", headers: { Authorization: `Bearer ${token}` }, body: '{"type":"list_sessions","ref":1}' })).ok;

/** Returns all that a window's browser keeps, in text. */
const everything = (page) => page.evaluate(async () => JSON.stringify([
  { ...localStorage }, { ...sessionStorage }, (await indexedDB.databases()).map((d) => d.name), await caches.keys(), document.cookie,
]));

const kept = () => alice.page.evaluate(() => Object.keys(localStorage).filter((k) => /^natterjack\.(draft|invites|list)\./.test(k)));
const databases = () => alice.page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name));

async function signOut() {
  await alice.page.keyboard.press("Control+,");
  await alice.page.getByRole("button", { name: "Sign out this device" }).click();
  await alice.page.locator("input[name=user]").waitFor();
}

async function signInAs(name) {
  await alice.page.locator("input[name=user]").fill(name);
  await alice.page.keyboard.press("Enter");
  await alice.online();
}

test("drafts, secrets of invites and the database go", async () => {
  await alice.go("bob");
  await alice.area.fill("for bob alone");
  await alice.page.evaluate(() => localStorage.setItem("natterjack.invites.alice", JSON.stringify({ hash: "secret" })));
  await until("the draft is kept", async () => (await kept()).some((k) => k.startsWith("natterjack.draft.alice.")));
  await until("the database is there", async () => (await databases()).includes("natterjack.alice"));
  await alice.page.getByRole("button", { name: "Details" }).last().click();
  await alice.page.locator(".aside").waitFor();
  await signOut();
  await until("the database is gone", async () => !(await databases()).includes("natterjack.alice"));
  assert.deepEqual(await kept(), []);
});

test("the next user begins at their own list, with nothing open", async () => {
  await signInAs("carol");
  assert.equal(new URL(alice.page.url()).pathname, "/");
  await alice.talkTo("bob");
  assert.equal(await alice.page.locator(".aside").count(), 0);
  await signOut();
});

test("the other devices keep the draft, and so does one's next visit", async () => {
  await signInAs("alice");
  await alice.go("bob");
  await until("the draft is back", async () => (await alice.area.inputValue()) === "for bob alone");
});

test("what was not sent is lost only if one says so", async () => {
  await alice.context.setOffline(true);
  await server.down();
  await alice.say("into the void");
  await alice.page.locator(".msg .mark.is-waiting").waitFor();
  await alice.page.keyboard.press("Control+,");
  const out = alice.page.getByRole("button", { name: "Sign out this device" });
  await out.click();
  const dialog = alice.page.locator("dialog[open]", { hasText: "1 message is not sent yet" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await alice.page.goBack();
  await alice.message("into the void").waitFor();
  await server.up();
  await alice.context.setOffline(false);
  await alice.stored("into the void");
});

test("all windows are left, their tokens open nothing, and nothing is kept", async () => {
  const first = alice.page;
  const pages = [first];
  for (let i = 0; i < 2; i++) {
    await alice.open(server.url);
    await signInAs("alice");
    pages.push(alice.page);
  }
  const tokens = await Promise.all(pages.map(tokenOf));
  assert.equal(new Set(tokens).size, 3);
  await pages[1].close(); // its token is still good
  await alice.go("bob");
  await alice.area.fill("a draft of alice");
  await alice.page.locator(".composer .tools .tool").nth(1).click();
  await alice.page.locator(".emoji-menu .cells button").first().click();
  await signOut();
  await first.locator("input[name=user]").waitFor();
  for (const [i, token] of tokens.entries()) await until(`token ${i} opens nothing`, async () => !(await opens(token)));
  let left = "";
  await until("nothing of alice is kept", async () => !/alice|emoji|draft/.test(left = (await Promise.all([first, alice.page].map(everything))).join(" "))).catch((e) => { throw new Error(`${e.message}: ${left}`); });
  assert.equal(await first.locator(".fault").count(), 0); // there was no fault
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
