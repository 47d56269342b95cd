// Messages that are written to break the page of their readers, and a part of the page that breaks.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server } from "./server.mjs";

let browser, server, n = 0;

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const send = (text) => server.as("alice", { type: "send", client_id: `b${++n}`, to: "bob", content: { text } });

test("a message that nests without end is shown like others", async () => {
  await send("before");
  for (const text of [">".repeat(4000), "- ".repeat(8000) + "x", "*".repeat(8000) + "a" + "*".repeat(8000), "*a _".repeat(4000)]) await send(text);
  await send("**after**");
  const bob = await Person.arrive(browser, server, "bob");
  await bob.talkTo("alice");
  await bob.message("before").waitFor();
  await bob.page.locator(".msg strong", { hasText: "after" }).waitFor();
  assert.equal(await bob.page.locator(".msg[data-seq]").count(), 6);
  assert.deepEqual(Person.complaints, []);
  await bob.close();
});

/** Makes one use of a regular expression throw, as a fault of the app would. */
const sabotage = (where) => {
  const sound = RegExp.prototype.test;
  RegExp.prototype.test = function (text) {
    if (String(text).includes("sabotage") && new Error().stack.includes(where)) throw new Error("sabotage");
    return sound.call(this, text);
  };
};

test("a row that cannot be drawn leaves the others", async () => {
  await send("the sabotage itself");
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 } });
  await context.addInitScript(sabotage, "Markdown-");
  const bob = new Person(context, server, "bob");
  await bob.open(server.link);
  await bob.signIn();
  await bob.talkTo("alice");
  await bob.page.locator(".msg", { hasText: "This message cannot be shown" }).waitFor();
  await bob.page.locator(".msg strong", { hasText: "after" }).waitFor();
  await send("still going");
  await bob.message("still going").waitFor();
  await bob.close();
});

test("a pane or a dialog that cannot be drawn leaves the rest", async () => {
  const { seq } = (await server.history("bob", "alice~bob")).find((m) => m.content.text.includes("sabotage"));
  await server.as("alice", { type: "edit", client_id: "e", channel: "alice~bob", seq: 1, content: { text: "before, and after" } }, { type: "pin", client_id: "p", channel: "alice~bob", seq });
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 } });
  await context.addInitScript(sabotage, "Pins-");
  await context.addInitScript(() => { // the menus of messages cannot say a time
    const dates = Intl.DateTimeFormat.prototype;
    const { get, ...more } = Object.getOwnPropertyDescriptor(dates, "format");
    Object.defineProperty(dates, "format", { ...more, get() {
      if (new Error().stack.includes("MessageMenus-")) throw new Error("sabotage");
      return get.call(this);
    } });
  });
  const bob = new Person(context, server, "bob");
  await bob.open(server.link);
  await bob.signIn();
  await bob.talkTo("alice");
  await bob.message("before, and after").locator(".edited").click();
  const dialog = bob.page.locator("dialog[open]", { hasText: "This part cannot be shown" });
  await dialog.getByRole("button", { name: "Close" }).click();
  await bob.page.locator(".talk header .tool:not(.back)").first().click();
  await bob.page.locator(".aside [role=alert]", { hasText: "This part cannot be shown" }).waitFor();
  await bob.page.locator(".aside").getByRole("button", { name: "Close" }).click();
  await bob.say("I go on");
  await bob.stored("I go on");
  await bob.close();
});

test("an app that cannot be drawn says so, and offers to begin again", async () => {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 } });
  await context.addInitScript(() => {
    addEventListener("beginning to fail", () => (Date.prototype.toISOString = () => { throw new Error("sabotage"); }));
  });
  const bob = new Person(context, server, "bob");
  await bob.open(server.link);
  await bob.signIn();
  await bob.page.evaluate(() => dispatchEvent(new Event("beginning to fail")));
  await send("to be listed");
  await bob.page.locator("[role=alert]", { hasText: "Something went wrong here" }).waitFor();
  await bob.page.getByRole("link", { name: "Begin again" }).click();
  await bob.page.locator(".row", { hasText: "to be listed" }).waitFor();
  await bob.close();
});
