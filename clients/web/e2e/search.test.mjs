// Finding messages: by words and filters, in one channel and in all, and going to a hit.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { png } from "./files.mjs";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, group;
const many = 60; // so that more than a page and more than a screen is between hits

before(async () => {
  server = await Server.start();
  browser = await launch();
  [{ channel: { id: group } }] = await server.as("alice", { type: "create_group", client_id: "g", name: "Design team", members: ["bob"] });
  const say = (channel, text, n) => ({ type: "send", channel, client_id: `${channel}${n}`, content: { text } });
  await server.as("alice", say(group, "The frogs sing at the sluice for the record, 合唱が聞こえます", 0));
  await server.as("bob", ...Array.from({ length: many }, (_, i) => say(group, `Recording ${i} of the boardwalk, taken in the night`, i + 1)));
  await server.as("bob", { type: "send", to: "alice", client_id: "d1", content: { text: "Did you hear the frogs?" } });
  alice = await Person.arrive(browser, server, "alice", { bypassCSP: true, reducedMotion: "reduce" });
  await alice.go("Design team");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const field = (p) => p.page.getByRole("searchbox", { name: /Search messages|メッセージを検索/ });
const hits = (p) => p.page.locator("a.hit");
const state = (p) => p.page.locator(".search [role=status]");

/** Types a query and waits for a number of hits. The index follows the log after a moment. */
async function finds(p, query, n) {
  await until(`${query} finds ${n}`, async () => {
    await field(p).fill("");
    await p.page.locator(".search .tips").waitFor(); // the earlier hits are gone
    await until("nothing is shown", async () => (await hits(p).count()) === 0);
    await field(p).fill(query);
    await field(p).press("Enter");
    await p.page.locator(".search [aria-busy=false]").waitFor();
    await state(p).filter({ hasText: /\d|Nothing/ }).waitFor();
    return (await hits(p).count()) === n;
  });
}

test("Ctrl F searches here: words are marked, the number is told", async () => {
  await alice.page.keyboard.press("Control+f");
  await finds(alice, "frogs", 1);
  assert.equal(await hits(alice).locator("mark").innerText(), "frogs");
  assert.equal(await state(alice).innerText(), "1 message");
  await finds(alice, "合唱", 1);
  assert.equal(await hits(alice).locator("mark").innerText(), "合唱");
  await alice.shot("search-here");
});

test("Ctrl Shift F searches everywhere", async () => {
  await alice.page.keyboard.press("Control+Shift+f");
  await finds(alice, "frogs", 2);
  await alice.page.getByText("Here", { exact: true }).click();
  await until("only what is here is found", async () => (await hits(alice).count()) === 1);
  await alice.page.locator(".choice label", { hasText: "Everywhere" }).click();
  await until("all is found again", async () => (await hits(alice).count()) === 2);
});

test("a filter is picked, written into the query, shown, and taken away", async () => {
  await field(alice).fill("frogs ");
  await alice.page.getByRole("button", { name: "Filter", exact: true }).click();
  await alice.page.getByRole("button", { name: "From someone" }).click();
  await alice.page.getByRole("combobox", { name: "Name of a person" }).fill("bo");
  await alice.page.keyboard.press("Enter");
  await until("the query has it", async () => (await field(alice).inputValue()) === "frogs from:bob ");
  await until("bob's is found", async () => (await hits(alice).count()) === 1);
  await alice.page.getByRole("button", { name: "Filter", exact: true }).click();
  await alice.page.getByRole("button", { name: "In a conversation" }).click();
  await alice.page.getByRole("combobox", { name: "Name of a conversation" }).fill("desi");
  await alice.page.locator("[role=option]", { hasText: "Design team" }).click();
  await until("the query has both", async () => (await field(alice).inputValue()) === 'frogs from:bob in:"Design team" ');
  await state(alice).filter({ hasText: "Nothing found" }).waitFor();
  await alice.shot("search-filters");
  await alice.page.getByRole("button", { name: "Remove the filter From bob" }).click();
  await until("alice's is found", async () => (await hits(alice).count()) === 1);
  assert.equal(await field(alice).inputValue(), 'frogs in:"Design team" ');
  await alice.page.getByRole("button", { name: "Filter", exact: true }).click();
  await alice.page.getByRole("button", { name: "After a day" }).click();
  await alice.page.locator("dialog input[type=date]").fill("2020-02-03");
  await alice.page.getByRole("button", { name: "Add", exact: true }).click();
  await alice.page.locator(".chip", { hasText: /^After .*2020/ }).waitFor();
  await alice.page.getByRole("button", { name: "Filter", exact: true }).click();
  await alice.page.getByRole("button", { name: "Photos" }).click();
  await state(alice).filter({ hasText: "Nothing found" }).waitFor();
  assert.equal(await field(alice).inputValue(), 'frogs in:"Design team" after:2020-02-03 has:image ');
});

test("a jump goes to the message beside the results, and another one back", async () => {
  await finds(alice, "frogs", 2);
  await hits(alice).filter({ hasText: "sluice" }).click();
  const old = alice.page.locator(".msg:focus", { hasText: "sluice" });
  await old.waitFor();
  assert.ok(await old.evaluate((row) => { const b = row.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }));
  await hits(alice).filter({ hasText: "sluice" }).and(alice.page.locator("[aria-current=true]")).waitFor();
  const marked = () => alice.page.evaluate(() => [...(CSS.highlights.get("found") ?? [])].map(String).join());
  await until("what was found is marked in the message", async () => (await marked()) === "frogs");
  await alice.shot("search-jump");
  await hits(alice).filter({ hasText: "Did you hear" }).click();
  await alice.title("bob");
  assert.equal(await hits(alice).count(), 2); // the pane stays
  await until("another message is marked", async () => await alice.page.evaluate(() => [...(CSS.highlights.get("found") ?? [])].every((r) => r.startContainer.data.startsWith("Did you hear"))));
  await alice.page.locator(".aside").getByRole("button", { name: "Close" }).click();
  await until("nothing is marked without the search", async () => (await marked()) === "");
  await alice.page.keyboard.press("Control+Shift+f");
  await until("the results are there", async () => (await hits(alice).count()) === 2);
  await alice.page.goBack();
  await alice.title("Design team");
});

test("further pages come by themselves", async () => {
  await finds(alice, "boardwalk", 20);
  for (let n = 20; n < many; n += 20) {
    await hits(alice).last().scrollIntoViewIfNeeded();
    await until("the next page is there", async () => (await hits(alice).count()) >= n + 20);
  }
  assert.equal(await hits(alice).count(), many);
  await field(alice).fill("record");
  await until("the newest is the first", async () => /Recording 59/.test(await hits(alice).first().innerText()));
  await alice.page.locator(".choice label", { hasText: "Best match" }).click();
  await until("the whole word is the first", async () => /for the record/.test(await hits(alice).first().innerText()));
  await alice.page.locator(".choice label", { hasText: "Newest" }).click();
});

test("what is typed last counts, though an older answer comes later", async () => {
  await finds(alice, "sluice", 1);
  await field(alice).pressSequentially("x", { delay: 0 });
  await field(alice).fill("boardwalk");
  await until("the last query is answered", async () => (await hits(alice).count()) === 20);
});

test("Enter that ends a composition does not search, and Esc of one does not close", async () => {
  await field(alice).fill("ko");
  await field(alice).dispatchEvent("keydown", { key: "Escape", keyCode: 229, isComposing: true, bubbles: true });
  await field(alice).waitFor();
  await field(alice).press("Escape");
  await field(alice).waitFor({ state: "detached" });
});

test("the finder leads to the search", async () => {
  await alice.page.keyboard.press("Control+k");
  await alice.page.locator(".finder input").fill("sluice");
  await alice.page.locator(".finder [role=option]", { hasText: "Search all messages for “sluice”" }).click();
  await until("it is found", async () => (await hits(alice).count()) === 1);
  assert.equal(await field(alice).inputValue(), "sluice");
});

test("a picture is found by its name", async () => {
  await alice.go("Design team");
  await alice.attach(png("heron.png", 200, 200));
  await alice.page.locator(".tray > li").waitFor();
  await alice.area.press("Enter");
  await alice.page.locator(".msg .photo").waitFor();
  await finds(alice, "heron", 1);
  assert.equal(await hits(alice).locator(".in-file mark").innerText(), "heron");
});

test("a text file is found by what is in it", async () => {
  await alice.attach({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("22:10, north wind.\nThe natterjack calls from the western ditch.\n") });
  await alice.page.locator(".tray > li").waitFor();
  await alice.area.press("Enter");
  await alice.message("notes.txt").waitFor();
  await finds(alice, "natterjack ditch", 1);
  assert.match(await hits(alice).locator(".in-file").innerText(), /notes\.txt · .*The natterjack calls from the western ditch/s);
  assert.deepEqual(await hits(alice).locator("mark").allInnerTexts(), ["natterjack", "ditch"]);
});

test("in the hand Back returns to the same hit", async () => {
  const mio = await Person.arrive(browser, server, "bob", { ...phone, bypassCSP: true, reducedMotion: "reduce" });
  await mio.page.locator(".row", { hasText: "Design team" }).click();
  await mio.title("Design team");
  await mio.page.getByRole("button", { name: "Search" }).click();
  await finds(mio, "boardwalk", 20);
  await mio.shot("search-phone");
  await mio.accessible();
  await hits(mio).nth(12).click();
  await mio.led("boardwalk");
  assert.equal(await hits(mio).count(), 0);
  await mio.page.getByRole("link", { name: "Back to the results" }).click();
  await mio.shot("search-phone-back");
  const here = mio.page.locator("a.hit.here");
  await here.waitFor();
  assert.ok(await here.evaluate((row) => { const b = row.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }));
  await mio.close();
});

test("axe finds nothing in the search, in both themes and languages", async () => {
  for (const theme of ["light", "dark"]) {
    await alice.page.emulateMedia({ colorScheme: theme });
    await finds(alice, "frogs has:image -from:bob", 0);
    await alice.accessible();
    await finds(alice, "frogs", 2);
    await alice.accessible();
    await alice.shot(`search-${theme}`);
  }
  const yuki = await Person.arrive(browser, server, "alice", { locale: "ja-JP", bypassCSP: true, reducedMotion: "reduce" });
  await yuki.page.locator(".row", { hasText: "Design team" }).click();
  await yuki.page.keyboard.press("Control+f");
  await finds(yuki, "from:alice 合唱", 1);
  await yuki.page.locator(".chip", { hasText: "送信者：alice" }).waitFor();
  await yuki.accessible();
  await yuki.shot("search-ja");
  await yuki.close();
});
