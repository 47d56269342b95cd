// Notifications for a user who does not look: what is shown, where a press leads, and what the
// buttons do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until } from "./server.mjs";
import { Worker } from "./worker.mjs";

const channel = "alice~bob";
let browser, server, alice, worker;

before(async () => {
  server = await Server.start();
  browser = await launch();
  for (let i = 1; i <= 4; i++) await say(`message ${i}`);
  alice = await Person.arrive(browser, server, "alice", { permissions: ["notifications"] });
  worker = await Worker.of(alice);
  await tellHere("alice");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

let said = 0;
const say = (text) => server.as("bob", { type: "send", to: "alice", client_id: `b${++said}`, content: { text } });
const payload = (seq, more = {}) => ({ v: 1, id: `i${seq}`, kind: "message", channel, seq, title: "bob", body: `message ${seq}`, badge: 4, ...more });
const unread = async () => (await server.as("alice", { type: "get_channel", channel }))[0].channel.unread;
const shows = (what, ...titles) => until(what, async () => JSON.stringify((await worker.shown()).map((n) => [n.title, n.body])) === JSON.stringify(titles))
  .catch(async (e) => { throw new Error(`${e.message}; there is ${JSON.stringify(await worker.shown())}`); });

/**
 * Stores a user as the app stores the one who gets notifications here. No push service lets a
 * browser without a screen subscribe.
 */
async function tellHere(user) {
  const owner = { user, token: await server.token(user), expires: Date.now() + 3600_000, by: "development", id: "d".repeat(22), key: "BAAA", language: "en", label: "Chrome, Linux" };
  await alice.page.evaluate((owner) => navigator.locks.request("natterjack.push", () => new Promise((done, failed) => { // after any work that ends there
    const opened = indexedDB.open("natterjack-push", 1);
    opened.onupgradeneeded = () => opened.result.createObjectStore("values");
    opened.onerror = failed;
    opened.onsuccess = () => {
      const t = opened.result.transaction("values", "readwrite");
      t.objectStore("values").put(owner, "owner");
      t.oncomplete = () => { opened.result.close(); done(); };
    };
  })), owner);
}

/** Returns the user who gets notifications here. */
const told = () => alice.page.evaluate(() => new Promise((done, failed) => {
  const opened = indexedDB.open("natterjack-push", 1);
  opened.onerror = failed;
  opened.onsuccess = () => {
    const asked = opened.result.transaction("values").objectStore("values").get("owner");
    asked.onsuccess = () => { opened.result.close(); done(asked.result?.user); };
  };
}));

test("a push is shown as its payload says, once a channel", async () => {
  await worker.push(payload(1));
  await shows("the first is shown", ["bob", "message 1"]);
  await worker.push(payload(2, { kind: "mention", title: "bob mentioned you" }));
  await shows("the second has taken its place", ["bob mentioned you", "message 2"]);
  const [n] = await worker.shown();
  assert.deepEqual([n.tag, n.renotify, n.actions], [channel, true, ["reply", "read"]]);
});

test("a press leads to the message, in the window that is open", async () => {
  await worker.click(channel);
  await alice.title("bob");
  await alice.page.waitForURL(server.url + `/c/${channel}/2`);
  await alice.message("message 2").waitFor();
  assert.deepEqual(await worker.shown(), []);
});

test("what is read on another device is taken back", async () => {
  await alice.page.goto(server.url + "/settings");
  await alice.page.locator(".settings .page").waitFor();
  await say("message 5");
  await worker.push(payload(5));
  await shows("it is shown", ["bob", "message 5"]);
  await server.as("alice", { type: "read", channel, seq: 5 });
  await shows("it is gone");
});

test("what was read before the push comes is not told, and still something is shown", async () => {
  await worker.push(payload(5));
  await shows("it is said that nothing is new", ["You have read everything", "Nothing new is waiting."]);
  await shows("that goes, too"); // otherwise browsers would keep it for ever
});

test("a reply is sent, and what it answers is read", async () => {
  await say("message 6");
  await worker.push(payload(6));
  await shows("it is shown", ["bob", "message 6"]);
  await worker.click(channel, "reply", "on my way");
  const reply = (await server.history("bob", channel)).filter((e) => e.content?.text === "on my way");
  assert.deepEqual(reply.map((e) => e.sender), ["alice"]);
  assert.equal(await unread(), 0);
  await shows("nothing is left");
});

test("marking as read says so to all", async () => {
  await say("message 8");
  assert.equal(await unread(), 1);
  await worker.push(payload(8));
  await shows("it is shown", ["bob", "message 8"]);
  await worker.click(channel, "read");
  assert.equal(await unread(), 0);
  await shows("nothing is left");
});

test("a reply without a network is kept, and sent once when the app is opened", async () => {
  await say("message 9");
  await worker.push(payload(9));
  await shows("it is shown", ["bob", "message 9"]);
  await alice.page.goto("about:blank"); // no window is open that could send it
  await server.down("SIGKILL");
  await worker.click(channel, "reply", "as soon as I can");
  await server.up();
  await alice.page.goto(server.url);
  await alice.online();
  await until("it is sent", async () => (await server.history("bob", channel)).filter((e) => e.content?.text === "as soon as I can").length === 1);
});

test("what cannot be read says no more than is true", async () => {
  await worker.push("\u0000 no payload of this server");
  await shows("the general sentence", ["Something new for you", "Open Natterjack to see it."]);
  await worker.click("natterjack");
});

test("a press opens a new window, which is signed in and at the message", async () => {
  await alice.page.close();
  await alice.open(server.url + `/c/${channel}/3#told`); // as the worker opens it
  await alice.title("bob");
  await alice.message("message 3").waitFor();
  assert.equal(new URL(alice.page.url()).hash, "");
});

test("a sign-in that has expired ends it, as soon as the app is opened", async () => {
  await alice.page.evaluate(() => {
    const now = JSON.parse(sessionStorage.getItem("natterjack.identity"));
    sessionStorage.setItem("natterjack.identity", JSON.stringify({ ...now, expires: 0, by: "token" }));
  });
  await alice.page.goto(server.url);
  await alice.page.locator("input[name=user]").waitFor();
  await until("nobody is told here", async () => (await told()) === undefined);
  await alice.signIn();
  await tellHere("alice");
});

test("who signs out is told nothing here any more, and leaves nothing", async () => {
  worker = await Worker.of(alice);
  await say("for alice alone");
  await worker.push(payload(11, { body: "for alice alone" }));
  await until("it is shown", async () => (await worker.shown()).length === 1);
  await alice.page.keyboard.press("Control+,");
  await alice.page.getByRole("button", { name: "Sign out this device" }).click();
  await alice.page.locator("input[name=user]").waitFor();
  assert.deepEqual(await worker.shown(), []);
  await worker.push(payload(11, { body: "for alice alone" }));
  await shows("no word of it", ["You are signed out on this device", "It will not be told anything from now on."]);
  await alice.page.goto(server.url + `/c/${channel}/3#told`);
  await alice.page.locator("input[name=user]").waitFor(); // and no press opens anything
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
