// What a person does first: sign in, talk, make a group, read back, find, sign out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, bob, carol;

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test("two windows sign in and talk both ways", async () => {
  alice = await Person.arrive(browser, server, "alice");
  bob = await Person.arrive(browser, server, "bob");
  await alice.talkTo("bob");
  await alice.say("hello bob");
  await alice.stored("hello bob");
  await bob.go("alice");
  await bob.sees("hello bob");
  await bob.say("hello alice");
  await bob.stored("hello alice");
  await alice.sees("hello bob", "hello alice");
});

test("a message that was read says so", async () => {
  await alice.message("hello bob").locator(".mark.is-read").waitFor();
});

test("the secret of the link is kept, and leaves the address bar", async () => {
  assert.equal(await alice.page.evaluate(() => location.href.includes("secret")), false);
  const first = alice.page;
  await alice.open(server.url); // it is another window, without the link
  await alice.signIn();
  await alice.page.close();
  alice.page = first;
});

test("without the link nobody signs in, and the page says what to do", async () => {
  const context = await browser.newContext({ locale: "en-GB" }), page = await context.newPage();
  await page.goto(server.url);
  await page.locator("input[name=user]").fill("mallory");
  await page.keyboard.press("Enter");
  await page.locator("[role=alert]", { hasText: "Open the link that the server printed" }).waitFor();
  await page.goto(server.link);
  await page.locator("input[name=user]").fill("mallory");
  await page.keyboard.press("Enter");
  await page.locator(".state[data-online=true]").waitFor();
  await context.close();
});

test("one signs in with a token, too", async () => {
  const context = await browser.newContext({ locale: "en-GB" }), page = await context.newPage();
  let release;
  const held = new Promise((go) => { release = go; });
  await page.route("**/v1/signin", async (route) => { await held; await route.continue(); }); // the door's question which ways to sign in there are
  await page.goto(server.url);
  await page.getByRole("button", { name: "Sign in with a token" }).click();
  await page.getByLabel("Token").fill(await server.token("trent"));
  release();
  await page.evaluate(() => fetch("/v1/signin")); // this answer comes after that to the door, which changes nothing later
  await page.keyboard.press("Enter");
  await page.locator(".me", { hasText: "trent" }).locator(".state[data-online=true]").waitFor();
  await context.close();
});

test("markup in a message stays text", async () => {
  const text = `<img src=x onerror="document.title='owned'"><script>alert(1)</script> & "quotes"`;
  await alice.say(text);
  await bob.sees(text);
  assert.equal(await bob.page.locator(".log img, .log script").count(), 0);
});

test("links that run something are not links", async () => {
  await alice.say("[a](javascript:alert(1)) [b](data:text/html,x) [c](https://example.com/)");
  await bob.message("javascript").waitFor();
  const links = await bob.message("javascript").locator("a").evaluateAll((all) => all.map((a) => [a.href, a.rel]));
  assert.deepEqual(links, [["https://example.com/", "noopener noreferrer nofollow ugc"]]);
});

test("every line, script and direction of writing arrives as it was sent", async () => {
  const text = "two\nlines, 日本語 🐸, עברית, and a " + "long".repeat(60) + " word";
  await bob.say(text);
  await alice.sees(text);
  assert.equal(await alice.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
});

test("a group of three, in one order for all", async () => {
  carol = await Person.arrive(browser, server, "carol");
  await alice.makeGroup("Field recordings", "bob", "carol");
  await alice.say("recorders are out");
  await bob.go("Field recordings");
  await carol.go("Field recordings");
  await Promise.all([bob.say("great"), carol.say("batteries?"), alice.say("in the red box")]);
  await until("all have four messages", async () => (await Promise.all([alice, bob, carol].map((p) => p.texts()))).every((t) => t.length === 4));
  const stored = (p) => until(`${p.name}'s own is stored`, async () => (await p.page.locator(".msg[data-pending]").count()) === 0);
  await Promise.all([alice, bob, carol].map(stored));
  const [a, b, c] = await Promise.all([alice, bob, carol].map((p) => p.texts()));
  assert.deepEqual(b, a);
  assert.deepEqual(c, a);
  assert.deepEqual([...a].sort(), ["batteries?", "great", "in the red box", "recorders are out"]);
  await alice.shot("group");
});

test("what arrives elsewhere is counted", async () => {
  await carol.talkTo("alice");
  await carol.say("are you there?");
  await alice.row("carol").locator(".badge", { hasText: "1" }).waitFor();
  await until("the title counts", async () => (await alice.page.title()) === "(1) Natterjack");
  await alice.go("carol");
  await alice.sees("are you there?");
  await until("the title is quiet", async () => (await alice.page.title()) === "Natterjack");
});

test("a refused message says why, and can be given up", async () => {
  await carol.say("a bell \u0007 rings");
  const refused = carol.message("a bell");
  await refused.locator(".fault", { hasText: "This can’t be used" }).waitFor();
  assert.equal(await refused.locator(".mark.is-failed").getAttribute("aria-label"), "Not sent");
  await carol.page.reload(); // the failed message stays until the user decides
  await carol.message("a bell").locator(".fault").getByRole("button", { name: "Delete" }).click();
  await carol.message("a bell").waitFor({ state: "detached" });
});

test("a file arrives with its name, and a picture with its size", async () => {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DAwMDAxAADMBYDAwAJ/gEB9yq6xgAAAABJRU5ErkJggg==", "base64");
  await alice.go("Field recordings");
  await alice.page.locator(".composer input[type=file]").setInputFiles([
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("croak") }, { name: "toad.png", mimeType: "image/png", buffer: png },
  ]);
  await until("both are uploaded", async () => (await alice.page.locator(".tray progress").count()) === 0 && (await alice.page.locator(".tray li").count()) === 2);
  await alice.say("listen");
  await bob.page.locator(".card", { hasText: "notes.txt" }).waitFor();
  const picture = bob.page.locator(".log .photo img");
  await until("the picture is there", () => picture.evaluateAll((all) => all.length === 1 && all[0].naturalWidth === 2));
});

test("on a narrow phone", async () => {
  const p = await Person.arrive(browser, server, "alice", { ...phone, viewport: { width: 360, height: 640 } });
  assert.equal(await p.page.locator(".talk").isVisible(), false);
  await p.shot("phone-list");
  await p.go("Field recordings");
  await p.message("listen").waitFor();
  assert.equal(await p.page.locator(".list").isVisible(), false);
  assert.equal(await p.page.evaluate(() => document.documentElement.scrollWidth), 360);
  await p.shot("phone");
  await p.page.goBack();
  await p.page.locator(".list").waitFor();
  await p.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const locale of ["en-GB", "ja-JP"]) {
    test(`accessible in ${colorScheme}, ${locale}`, async () => {
      const p = await Person.arrive(browser, server, "alice", { colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      await p.accessible();
      await p.go("Field recordings");
      await p.message("listen").waitFor();
      await p.page.keyboard.press("Control+i");
      await p.page.locator(".aside .person").first().waitFor();
      await p.accessible();
      await p.page.keyboard.press("Control+k");
      await p.page.locator(".finder [role=option]").first().waitFor();
      await p.accessible();
      await p.close();
    });
  }
}

test("signing out ends the token, here and anywhere else", async () => {
  const { token } = await alice.page.evaluate(() => JSON.parse(sessionStorage.getItem("natterjack.identity")));
  const status = async () => (await fetch(server.url + "/v1/frames", { method: "POST", body: '{"type":"list_channels"}', headers: { Authorization: `Bearer ${token}` } })).status;
  assert.equal(await status(), 200);
  await alice.page.keyboard.press("Control+,");
  await alice.page.getByRole("button", { name: "Sign out this device" }).click();
  await alice.page.locator("input[name=user]").waitFor();
  assert.equal(await alice.page.evaluate(() => sessionStorage.getItem("natterjack.identity")), null);
  assert.equal(await status(), 401);
  await alice.page.reload();
  await alice.page.locator("input[name=user]").waitFor();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
