// Overlays over the page. They keep keys and presses, and the page below does not slow them down.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, wide } from "./server.mjs";
import { styled } from "./trace.mjs";

let browser, server, alice;

before(async () => {
  server = await Server.start({ limits: wide });
  browser = await launch();
  const send = (to, i) => ({ type: "send", to, client_id: `${to}${i}`, content: { text: `hello ${i}` } });
  await server.as("alice", ...Array.from({ length: 30 }, (_, i) => send(`walker${i}`, i)), ...Array.from({ length: 50 }, (_, i) => send("bob", i)));
  alice = await Person.arrive(browser, server, "alice");
  await alice.go("bob");
  await alice.message("hello 49").waitFor();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const finder = () => alice.page.locator(".finder");
const gone = () => finder().waitFor({ state: "detached" });
const inside = () => alice.page.evaluate(() => !!document.activeElement.closest("dialog"));

test("a dialog opens without styling the page behind it anew", async () => {
  const elements = await alice.page.locator("#app *").count();
  const n = await styled(browser, async () => {
    await alice.page.keyboard.press("Control+k");
    await finder().locator("[role=option]").first().waitFor();
  });
  assert.ok(elements > 500, `the page has only ${elements} elements`);
  assert.ok(n > 0 && n < elements / 2, `of ${elements} elements ${n} were styled`);
  await alice.page.keyboard.press("Escape");
  await gone();
});

test("focus stays in a dialog, and returns to where it was", async () => {
  await alice.area.focus();
  await alice.page.keyboard.press("Control+k");
  await finder().locator("[role=option]").filter({ hasText: "New group" }).click();
  await alice.page.locator("dialog input[name=name]").waitFor();
  for (const key of ["Tab", "Shift+Tab"]) {
    const seen = new Set();
    for (let i = 0; i < 8; i++) {
      await alice.page.keyboard.press(key);
      assert.ok(await inside(), `${key} has left the dialog`);
      seen.add(await alice.page.evaluate(() => [...document.querySelectorAll("dialog *")].indexOf(document.activeElement)));
    }
    assert.ok(seen.size > 1, `${key} stays where it is`);
  }
  await alice.page.evaluate(() => document.querySelector(".row").focus()); // as a script may
  assert.ok(await inside(), "the page behind has taken the focus");
  await alice.page.keyboard.press("Escape");
  await alice.page.locator("dialog").waitFor({ state: "detached" });
  assert.equal(await alice.area.evaluate((area) => area === document.activeElement), true);
});

test("what is behind a dialog cannot be pressed, nor read aloud", async () => {
  const behind = () => alice.page.getByRole("button", { name: "Settings" }).count();
  assert.equal(await behind(), 1);
  await alice.page.keyboard.press("Control+k");
  await finder().waitFor();
  assert.equal(await behind(), 0);
  const { x, y } = await alice.page.locator(".row").nth(3).boundingBox();
  await alice.page.mouse.click(x + 4, y + 4);
  await gone();
  await alice.title("bob"); // the press has closed the dialog, and has done nothing else
  assert.equal(await behind(), 1);
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
