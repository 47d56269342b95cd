// A message is marked as read only if it was on the screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until, wide } from "./server.mjs";

let browser, server, alice, newest = 0;

before(async () => {
  server = await Server.start({ limits: wide });
  browser = await launch();
  await bobSays(3);
  await server.as("carol", { type: "send", to: "alice", client_id: "c", content: { text: "from carol" } });
  alice = await Person.arrive(browser, server, "alice");
  await alice.go("bob");
  await alice.sees("croak 1", "croak 2", "croak 3");
  await until("three are read", async () => (await mark()) === 3);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const bobSays = (n) => server.as("bob", ...Array.from({ length: n }, () => ({ type: "send", to: "alice", client_id: `b${++newest}`, content: { text: `croak ${newest}` } })));

/** Returns how far bob is told that alice has read. */
async function mark() {
  const [{ cursors }] = await server.as("bob", { type: "get_receipts", channel: "alice~bob" });
  return cursors.find((c) => c.user === "alice")?.read ?? 0;
}

/** Leaves the conversation with bob, who then writes many messages. */
async function away(n) {
  await alice.go("carol");
  await alice.sees("from carol");
  await bobSays(n);
  await alice.row("bob").locator(".last", { hasText: `croak ${newest}` }).waitFor();
}

test("a conversation that is opened again is read as far as it is shown", async () => {
  await away(60);
  await alice.go("bob");
  await alice.page.locator(".log .unread").waitFor();
  await until("what is shown is read", async () => (await mark()) > 3);
  assert.ok((await mark()) < newest - 20, `${await mark()} of ${newest} are read`);
  await alice.page.locator(".log").evaluate((log) => { log.scrollTop = log.scrollHeight; });
  await until("all is read once the end is shown", async () => (await mark()) === newest);
});

test("a link to an old message leads past the unread ones", async () => {
  await away(20); // so few messages do not push the message out of what is loaded
  const before = await mark();
  await alice.page.evaluate(() => { history.pushState(null, "", "/c/alice~bob/2"); dispatchEvent(new PopStateEvent("popstate")); });
  await alice.page.locator('.msg:focus[data-seq="2"]').waitFor();
  await alice.go("carol");
  await server.as("carol", { type: "send", to: "alice", client_id: "c2", content: { text: "once more" } });
  await until("what was read later is told", async () => { // receipts are told in order, so an earlier one was told too
    const [{ cursors }] = await server.as("carol", { type: "get_receipts", channel: "alice~carol" });
    return cursors.find((c) => c.user === "alice")?.read === 2;
  });
  assert.equal(await mark(), before);
});
