// What a person does in a conversation.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, bob;

before(async () => {
  server = await Server.start();
  browser = await launch();
  alice = await Person.arrive(browser, server, "alice");
  bob = await Person.arrive(browser, server, "bob");
  await alice.talkTo("bob");
  for (const text of ["one", "two", "three"]) await alice.say(text);
  await alice.stored("three");
  await bob.go("alice");
  await bob.sees("one", "two", "three");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens the actions on a message, and takes one of them. */
async function act(p, text, name) {
  const row = p.message(text).last();
  await row.hover();
  await row.locator(".actions .tool").last().click();
  await p.page.locator("dialog .item", { hasText: name }).first().click();
}

test("a reply shows what it answers, and leads there", async () => {
  await act(bob, "one", "Reply");
  await bob.page.locator(".about", { hasText: "Reply to alice: one" }).waitFor();
  await bob.page.locator(".composer textarea:focus").waitFor();
  await bob.say("to the first");
  const quote = alice.message("to the first").locator(".quote");
  await quote.filter({ hasText: "one" }).waitFor();
  const marked = alice.page.waitForFunction(() => document.querySelector(".msg.here")?.innerText.includes("one")); // the mark stays only for a moment
  await quote.click();
  await alice.led("one");
  await marked;
  assert.equal(await bob.page.locator(".about").count(), 0);
});

test("a reaction counts for both, and can be taken back", async () => {
  await bob.message("two").hover();
  await bob.message("two").locator(".actions .tool").last().click();
  await bob.page.locator(".quick button").first().click();
  const shown = alice.message("two").locator(".reaction");
  await shown.filter({ hasText: "🐸 1" }).waitFor();
  await shown.click();
  await bob.message("two").locator(".reaction", { hasText: "🐸 2" }).waitFor();
  assert.equal(await bob.message("two").locator(".reaction").getAttribute("aria-pressed"), "true");
  await bob.message("two").locator(".reaction").click();
  await alice.message("two").locator(".reaction", { hasText: "🐸 1" }).waitFor();
});

test("any emoji is found by its name, in both languages", async () => {
  await alice.message("three").hover();
  await alice.message("three").locator(".actions .tool").first().click();
  await alice.page.locator(".emoji-menu input").fill("カエル");
  await alice.page.locator(".emoji-menu .cells button", { hasText: "🐸" }).click();
  await bob.message("three").locator(".reaction", { hasText: "🐸 1" }).waitFor();
});

test("↑ edits the last message of one's own; it is marked, and its versions can be read", async () => {
  await alice.area.press("ArrowUp");
  assert.equal(await alice.area.inputValue(), "three");
  await alice.page.locator(".about", { hasText: "Editing" }).waitFor();
  await alice.say("three, once more");
  await bob.message("three, once more").locator(".edited").click();
  await bob.page.locator("dialog", { hasText: "First" }).locator(".item", { hasText: /^three$/ }).waitFor();
  await bob.page.keyboard.press("Escape");
  await alice.area.press("ArrowUp");
  await alice.page.keyboard.press("Escape");
  assert.equal(await alice.area.inputValue(), "");
});

test("a message is pinned, listed, and leads back", async () => {
  await act(alice, "two", "Pin");
  await bob.message("two").locator(".pinned").waitFor();
  await bob.page.getByRole("button", { name: "Pinned messages" }).click();
  await bob.page.locator(".aside .hit", { hasText: "two" }).click();
  await bob.led("two");
  await bob.page.locator(".aside").getByRole("button", { name: "Close" }).click();
});

test("a message is forwarded under its sender's name", async () => {
  await alice.makeGroup("Marsh", "bob", "carol");
  await alice.say("here");
  await bob.go("alice");
  await act(bob, "two", "Forward");
  await bob.page.locator("dialog input").fill("Marsh");
  await bob.page.keyboard.press("Enter");
  await alice.message("two").locator(".forwarded", { hasText: "Forwarded from alice" }).waitFor();
  await alice.go("bob");
});

test("a deleted message leaves a tombstone, and a quote of it says so", async () => {
  const row = alice.page.locator('.msg[data-seq="1"]');
  await row.focus();
  await row.press("Delete");
  await alice.page.locator("dialog .button.danger").click();
  await bob.page.locator(".msg .gone", { hasText: "This message was deleted" }).first().waitFor();
  await bob.message("to the first").locator(".quote.gone").waitFor();
});

test("a message is deleted for oneself alone", async () => {
  await alice.say("only for you");
  await bob.message("only for you").waitFor();
  await act(bob, "only for you", "Delete for me");
  await bob.message("only for you").waitFor({ state: "detached" });
  assert.equal(await alice.message("only for you").count(), 1);
});

test("a mention is picked, shown and counted", async () => {
  await alice.go("Marsh");
  await alice.area.pressSequentially("look, @bo");
  await alice.page.locator(".picker [role=option]", { hasText: "bob" }).waitFor();
  await alice.area.press("Enter");
  await alice.area.pressSequentially("here");
  await alice.area.press("Enter");
  await alice.message("look, @bob here").locator("a.mention").waitFor();
  await bob.row("Marsh").locator(".badge", { hasText: "@" }).waitFor();
  await bob.go("Marsh");
  await bob.message("look, @bob here").locator(".mention.self").waitFor();
  await bob.row("Marsh").locator(".badge").first().waitFor({ state: "detached" });
});

test("an emoji is picked by :name:", async () => {
  await alice.area.pressSequentially("croak :frog");
  await alice.page.locator(".picker [role=option]", { hasText: ":frog:" }).waitFor();
  await alice.area.press("Tab");
  assert.equal(await alice.area.inputValue(), "croak 🐸 ");
  await alice.area.fill("");
});

test("who is in a group sees who has read it", async () => {
  await alice.say("read me");
  await bob.message("read me").waitFor();
  const word = alice.message("read me").locator(".word", { hasText: "Read by 1" });
  await word.waitFor();
  await word.click();
  await alice.page.locator("dialog .item", { hasText: "bob" }).waitFor();
  await alice.page.keyboard.press("Escape");
});

test("the unread divider stands where one left, and stays while one reads", async () => {
  await bob.go("alice");
  for (let i = 1; i <= 5; i++) await alice.say(`news ${i}`);
  await alice.stored("news 5");
  await bob.row("Marsh").locator(".badge", { hasText: "5" }).waitFor();
  await bob.go("Marsh");
  const divider = bob.page.locator(".unread", { hasText: "New from here, 5" });
  await divider.waitFor();
  await bob.row("Marsh").locator(".badge").waitFor({ state: "detached" });
  await alice.say("news 6");
  await bob.message("news 6").waitFor();
  assert.equal(await divider.count(), 1);
  await bob.go("alice");
  await bob.go("Marsh");
  await bob.message("news 6").waitFor();
  assert.equal(await bob.page.locator(".unread").count(), 0, "and it is gone when one comes back");
});

test("a channel is marked unread from a message on, on every device", async () => {
  const other = await Person.arrive(browser, server, "bob");
  await act(bob, "news 4", "Mark unread from here");
  await bob.go("alice");
  await other.row("Marsh").locator(".badge").waitFor();
  await other.go("Marsh");
  const divider = other.page.locator(".unread");
  await divider.waitFor();
  assert.equal(await divider.evaluate((d) => d.nextElementSibling.textContent.includes("news 4")), true);
  await bob.row("Marsh").locator(".badge").waitFor({ state: "detached" });
  await other.close();
});

test("a link leads to a message, and says when it is gone", async () => {
  await bob.page.goto(`${server.url}/c/alice~bob/2`);
  await bob.page.locator('.msg:focus[data-seq="2"]').waitFor();
  await bob.page.goto(`${server.url}/c/g${"a".repeat(24)}`);
  await bob.page.locator(".quietly", { hasText: "no longer exists" }).waitFor();
  await bob.page.goto(server.url);
});

test("a draft stays over a reload, and goes to other devices", async () => {
  await alice.go("bob");
  await alice.area.fill("half a thou");
  await alice.go("Marsh");
  await alice.row("bob").locator(".draft").waitFor();
  await alice.page.reload();
  await alice.go("bob");
  assert.equal(await alice.area.inputValue(), "half a thou");
  const other = await Person.arrive(browser, server, "alice");
  await other.row("bob").locator(".last", { hasText: "half a thou" }).waitFor();
  await other.close();
  await alice.area.fill("");
});

test("an answer that was begun is still one after a reload", async () => {
  await alice.go("bob");
  await act(alice, "two", "Reply");
  await alice.area.fill("to be");
  await alice.page.reload();
  await alice.page.locator(".about", { hasText: "two" }).waitFor();
  assert.equal(await alice.area.inputValue(), "to be");
  await alice.area.press("Escape");
  await alice.area.fill("");
});

test("Enter that ends a composition does not send, in either order of events", async () => {
  await alice.go("bob");
  const before = (await alice.texts()).length;
  const cdp = await alice.context.newCDPSession(alice.page);
  await alice.area.focus();
  await cdp.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  // In Chromium the key comes during the composition.
  await alice.area.evaluate((a) => a.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true })));
  await cdp.send("Input.insertText", { text: "日本" });
  // In Safari the composition ends first, and the key follows with 229.
  const prevented = await alice.area.evaluate((a) => {
    a.dispatchEvent(new CompositionEvent("compositionend", { data: "日本", bubbles: true }));
    const key = new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true });
    a.dispatchEvent(key);
    return key.defaultPrevented;
  });
  assert.equal(prevented, false);
  assert.equal(await alice.area.inputValue(), "日本");
  assert.equal((await alice.texts()).length, before);
  await alice.area.press("Enter");
  await bob.go("alice");
  await bob.message("日本").waitFor();
});

test("by keyboard alone", async () => {
  const p = await Person.arrive(browser, server, "erin");
  await p.page.keyboard.press("Control+k");
  await p.page.locator(".finder input:focus").waitFor();
  await p.page.keyboard.type("frank");
  await p.page.keyboard.press("Enter");
  await p.page.locator(".composer textarea:focus").waitFor();
  await p.page.keyboard.type("typed");
  await p.page.keyboard.press("Shift+Enter");
  await p.page.keyboard.type("twice");
  await p.page.keyboard.press("Enter");
  await p.sees("typed\ntwice");
  await p.stored("typed");
  await p.page.keyboard.type("second");
  await p.page.keyboard.press("Enter");
  await p.stored("second");
  await p.page.keyboard.press("Shift+Tab"); // one stop of Tab leads from the composer to the log
  await p.page.locator(".msg:focus", { hasText: "second" }).waitFor();
  await p.page.keyboard.press("ArrowUp");
  await p.page.locator(".msg:focus", { hasText: "typed" }).waitFor();
  await p.page.keyboard.press("r");
  await p.page.locator(".about", { hasText: "Reply to" }).waitFor();
  await p.page.locator(".composer textarea:focus").waitFor();
  await p.page.keyboard.press("Escape");
  await p.page.keyboard.press("Shift+Tab");
  await p.page.keyboard.press("Enter");
  await p.page.locator("dialog .item", { hasText: "Edit" }).waitFor();
  await p.page.keyboard.press("Escape");
  await p.page.locator(".msg:focus").waitFor();
  await p.close();
});

test("a long press on a phone opens what can be done", async () => {
  const p = await Person.arrive(browser, server, "bob", phone);
  await p.go("alice");
  const finger = await p.lay(p.message("日本"));
  await finger.move(3, -2); // no finger is quite still
  const reply = p.page.locator("dialog.sheet-in-hand .item", { hasText: "Reply" });
  await reply.waitFor();
  await finger.lift();
  await p.shot("phone-actions");
  await reply.tap();
  await p.page.locator(".about", { hasText: "日本" }).waitFor();
  await p.shot("phone-reply");
  await p.close();
});

test("a finger that scrolls or taps opens nothing, and a tap right after a long press counts", async () => {
  const p = await Person.arrive(browser, server, "bob", phone);
  await p.go("alice");
  await p.page.evaluate(() => { // after this wait a long press would have opened something
    window.waited = () => new Promise((go) => setTimeout(go, 1000));
  });
  const finger = await p.lay(p.message("日本"));
  await finger.move(0, 40);
  await p.page.evaluate(() => window.waited());
  await finger.lift();
  await (await p.lay(p.message("日本"))).lift();
  await p.page.evaluate(() => window.waited());
  assert.equal(await p.page.locator("dialog").count(), 0);
  const other = await p.lay(p.message("日本"));
  const { x, y, width, height } = await p.settled(p.page.locator("dialog .item", { hasText: "Reply" }));
  await Promise.all([other.lift(), other.down(x + width / 2, y + height / 2), other.lift()]); // a page that was busy is told of these together
  await p.page.locator(".about", { hasText: "日本" }).waitFor();
  await p.close();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
