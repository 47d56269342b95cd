// A user who writes Japanese presses Enter to accept a conversion. That Enter does nothing else, in
// any field.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, input;

before(async () => {
  server = await Server.start();
  browser = await launch();
  await server.as("bob", { type: "set_profile", client_id: "name", name: "にほん" }, { type: "send", client_id: "first", to: "alice", content: { text: "にほんの朝" } });
  alice = await Person.arrive(browser, server, "alice", { locale: "ja-JP" });
  await alice.go("にほん");
  input = await alice.context.newCDPSession(alice.page);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** The orders in which browsers tell of an Enter that accepts a conversion. */
const orders = {
  /** Sends the key first, marked as part of the composition. The events are the browser's own. */
  async chromium(field, text) {
    await input.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    assert.equal(await field.inputValue(), text);
    await input.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
    await input.send("Input.insertText", { text });
    await input.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  },
  /** Ends the composition first. Then comes the key, and only its code shows what it is. */
  async safari(field, text) {
    await input.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    await input.send("Input.insertText", { text });
    const prevented = await field.evaluate((f) => {
      const key = new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 229, bubbles: true, cancelable: true });
      f.dispatchEvent(key);
      return key.defaultPrevented;
    });
    assert.equal(prevented, false, "the key belongs to the input method");
  },
};

const messages = async () => (await server.history("alice", "alice~bob")).length;

/**
 * The fields in which a user writes: the way there, the field, what shows that Enter did nothing,
 * and the way out.
 */
const places = {
  composer: {
    field: () => alice.area,
    untouched: async (text) => assert.equal(await alice.area.inputValue(), text),
    leave: () => alice.area.fill(""),
  },
  "picker of people": {
    field: () => alice.area,
    begin: async () => { await alice.area.fill("@"); await alice.page.locator(".picker [role=option]").first().waitFor(); await alice.page.keyboard.press("End"); },
    before: "@",
    untouched: async (text) => assert.equal(await alice.area.inputValue(), `@${text}`), // if a name were chosen, it would end with a space
    leave: () => alice.area.fill(""),
  },
  finder: {
    begin: () => alice.page.keyboard.press("Control+k"),
    field: () => alice.page.locator(".finder input"),
    untouched: () => alice.page.locator(".finder [role=option]", { hasText: "にほん" }).first().waitFor(),
    leave: () => alice.page.keyboard.press("Escape"),
  },
  search: {
    begin: () => alice.page.keyboard.press("Control+f"),
    field: () => alice.page.locator(".aside input").first(),
    untouched: async (text) => assert.match(await alice.page.locator(".aside input").first().inputValue(), new RegExp(`${text}$`)),
    leave: () => alice.page.locator(".aside .bar .tool").last().click(),
  },
  "picker of emoji": {
    begin: () => alice.page.locator(".composer .tool").nth(1).click(),
    field: () => alice.page.locator(".emoji-menu input"),
    untouched: async () => { await alice.page.locator(".emoji-menu").waitFor(); assert.equal(await alice.area.inputValue(), ""); },
    leave: () => alice.page.keyboard.press("Escape"),
  },
  "new group": {
    begin: async () => { await alice.page.keyboard.press("Control+k"); await alice.page.locator(".finder [role=option]", { hasText: "新しいグループ" }).click(); },
    field: () => alice.page.locator("dialog input[name=name]"),
    untouched: () => alice.page.locator("dialog input[name=name]").waitFor(),
    leave: () => alice.page.keyboard.press("Escape"),
  },
  forwarding: {
    begin: async () => { await alice.message("にほんの朝").focus(); await alice.page.keyboard.press("f"); },
    field: () => alice.page.locator("dialog input").first(),
    untouched: () => alice.page.locator("dialog input").first().waitFor(),
    leave: () => alice.page.keyboard.press("Escape"),
  },
};

for (const [place, { begin, field, before: typed = "", untouched, leave }] of Object.entries(places)) {
  for (const [order, accept] of Object.entries(orders)) {
    test(`${place}, as ${order} tells of it`, async () => {
      const sent = await messages();
      await begin?.();
      await field().waitFor();
      if (!begin) await field().focus();
      await until("it has the keys", () => field().evaluate((f) => f === document.activeElement));
      const before = await field().inputValue();
      assert.ok(before.endsWith(typed));
      await accept(before ? { inputValue: async () => (await field().inputValue()).slice(before.length), evaluate: (f) => field().evaluate(f) } : field(), "にほん");
      await untouched("にほん");
      assert.equal(await messages(), sent);
      await leave();
    });
  }
}

test("the next Enter sends, and the text is whole", async () => {
  await alice.area.focus();
  await orders.chromium(alice.area, "日本");
  await alice.area.press("Enter");
  await alice.sees("日本");
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
