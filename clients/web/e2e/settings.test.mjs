// The settings, as a person changes them, and what they do on other devices and to others.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";
import { png } from "./files.mjs";

let browser, server, alice, other, bob;

before(async () => {
  server = await Server.start();
  browser = await launch();
  alice = await Person.arrive(browser, server, "alice", { timezoneId: "Europe/Berlin" });
  other = await Person.arrive(browser, server, "alice"); // another device of alice
  bob = await Person.arrive(browser, server, "bob");
  await bob.talkTo("alice");
  await bob.say("hello");
  await bob.stored("hello");
  await open(alice);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const open = async (p) => {
  await p.page.keyboard.press("Control+,");
  await p.page.locator(".settings .page").waitFor();
};
const section = (p, name) => p.page.locator(".settings section", { has: p.page.getByRole("heading", { level: 2, name, exact: true }) });
const setting = async (user, name) => (await server.as(user, { type: "get_settings", prefix: name }))[0].settings.find((s) => s.name === name)?.value ?? "";

test("the name that one sets is seen by others", async () => {
  await alice.page.locator("input[name=display-name]").fill("Alice 北");
  await section(alice, "Profile").getByRole("button", { name: "Save" }).first().click();
  await alice.page.locator(".me-now b", { hasText: "Alice 北" }).waitFor();
  assert.equal((await server.as("bob", { type: "get_profiles", users: ["alice"] }))[0].users[0].name, "Alice 北");
  await bob.row("Alice 北").waitFor(); // at once, in the list that bob looks at
  await other.page.locator(".me b", { hasText: "Alice 北" }).waitFor();
  await alice.shot("settings");
});

test("a picture is cut square, set, and removed", async () => {
  await section(alice, "Profile").locator("input[type=file]").setInputFiles(png("me.png", 300, 500));
  await alice.page.locator("dialog canvas").waitFor();
  await alice.shot("settings-crop");
  await alice.page.getByRole("button", { name: "Use this picture" }).click();
  const face = alice.page.locator(".me-now .face img");
  await until("the picture is there", () => face.evaluateAll((all) => all.length === 1 && all[0].naturalWidth === all[0].naturalHeight && all[0].naturalWidth > 0));
  await section(alice, "Profile").getByRole("button", { name: "Remove the picture" }).click();
  await face.waitFor({ state: "detached" });
  assert.equal((await server.as("bob", { type: "get_profiles", users: ["alice"] }))[0].users[0].picture, undefined);
});

test("a status has an end, and is removed", async () => {
  await alice.page.locator("input[name=status]").fill("By the pond");
  await alice.page.locator("select[name=status-end]").selectOption({ label: "for 4 hours" });
  await alice.page.locator(".status-form .button.main").click();
  const status = async () => (await server.as("bob", { type: "get_profiles", users: ["alice"] }))[0].users[0].status;
  await until("bob sees it", async () => (await status())?.text === "By the pond");
  assert.ok(Math.abs((await status()).until - Date.now() - 4 * 3600_000) < 120_000);
  await alice.page.getByRole("button", { name: "Remove the status" }).click();
  await until("it is gone", async () => (await status()) === undefined);
});

test("the time zone tells others what time it is", async () => {
  await section(alice, "Profile").locator(".setting select").selectOption("Asia/Tokyo");
  await until("bob knows it", async () => (await server.as("bob", { type: "get_profiles", users: ["alice"] }))[0].users[0].zone === "Asia/Tokyo");
  await bob.page.keyboard.press("Control+i");
  await bob.page.locator(".aside", { hasText: /\d+:\d\d there \(Asia\/Tokyo\)/ }).waitFor();
});

test("language and theme change at once, on this device", async () => {
  await section(alice, "Appearance").getByText("日本語").click();
  await alice.page.locator("h1", { hasText: "設定" }).first().waitFor();
  assert.equal(await alice.page.evaluate(() => document.documentElement.lang), "ja");
  await alice.shot("settings-ja");
  await alice.page.locator("#section-appearance").getByText("English").click();
  await section(alice, "Appearance").getByText("Dark", { exact: true }).click();
  assert.equal(await alice.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await alice.page.reload();
  await alice.page.locator(".settings .page").waitFor();
  assert.equal(await alice.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await section(alice, "Appearance").getByText("Auto", { exact: true }).last().click();
});

test("notifications are set for all devices", async () => {
  await open(other);
  await section(alice, "Notifications").getByText("Drop").click();
  await until("it is kept", async () => (await setting("alice", "client/notice/sound")) === "drop");
  await until("the other device shows it", () => section(other, "Notifications").getByRole("radio", { name: "Drop" }).isChecked());
  await section(alice, "Notifications").getByRole("switch", { name: /title/ }).uncheck();
  await until("the other device's title counts no more", () => section(other, "Notifications").getByRole("switch", { name: /title/ }).isChecked().then((on) => !on));
  await bob.say("one more");
  await bob.stored("one more");
  await until("bob's message has come", async () => (await server.as("alice", { type: "list_channels" }))[0].channels[0].unread > 0);
  assert.equal(await alice.page.title(), "Natterjack");
  await section(alice, "Notifications").getByRole("switch", { name: /title/ }).check();
  await until("it counts again", async () => (await alice.page.title()).startsWith("("));
});

test("a message makes a sound unless somebody looks or the channel is muted", async () => {
  const heard = () => alice.page.evaluate(() => globalThis.tones ?? 0);
  await alice.page.evaluate(() => {
    globalThis.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...at) {
      globalThis.tones++;
      return start.apply(this, at);
    };
  });
  await alice.page.mouse.click(900, 20); // a page that no person has touched may make no sound
  await until("a sound", async () => {
    await bob.say("ribbit");
    return (await heard()) > 0;
  });
});

test("privacy", async () => {
  await section(alice, "Privacy").getByRole("switch", { name: "Say what you have read" }).uncheck();
  await until("no receipts", async () => (await setting("alice", "privacy/receipts")) === "off");
  await section(alice, "Privacy").getByRole("switch", { name: "Say what you have read" }).check();
  await until("receipts", async () => (await setting("alice", "privacy/receipts")) === "");
  await section(alice, "Privacy").getByText("Nobody", { exact: true }).click();
  await until("last seen", async () => (await setting("alice", "privacy/last_seen")) === "nobody");
  assert.equal((await server.as("bob", { type: "get_presence", users: ["alice"] }))[0].users[0].state, "unknown");
  await section(alice, "Privacy").getByText("Everyone", { exact: true }).click();
  await until("everyone again", async () => (await setting("alice", "privacy/last_seen")) === "everyone");
});

test("who is invisible looks offline, also after a reload", async () => {
  const presence = async () => (await server.as("bob", { type: "get_presence", users: ["alice"] }))[0].users[0].state;
  await until("she is online", async () => (await presence()) === "online");
  await section(alice, "Privacy").getByRole("switch", { name: "Be invisible" }).check();
  await until("she looks offline, on both devices", async () => (await presence()) === "offline");
  await section(other, "Privacy").getByRole("switch", { name: "Be invisible", checked: true }).waitFor();
  await alice.page.reload();
  await section(alice, "Privacy").getByRole("switch", { name: "Be invisible", checked: true }).waitFor();
  await until("she still does", async () => (await presence()) === "offline");
  await section(alice, "Privacy").getByRole("switch", { name: "Be invisible" }).uncheck();
  await until("she is back", async () => (await presence()) === "online");
});

test("blocked people are listed, and unblocked", async () => {
  await section(alice, "Blocked people").getByText("No one is blocked.").waitFor();
  await server.as("alice", { type: "set", name: "block/mallory", value: "1" });
  await section(alice, "Blocked people").getByRole("button", { name: "Unblock mallory" }).click();
  await section(alice, "Blocked people").getByText("No one is blocked.").waitFor();
  assert.equal(await setting("alice", "block/mallory"), "");
});

test("the storage that one uses is told", async () => {
  await alice.page.getByRole("link", { name: "Storage used" }).click();
  await section(alice, "Storage used").getByRole("heading", { level: 3, name: / used$/ }).waitFor();
});

test("the list says which section is on screen", async () => {
  await alice.page.getByRole("link", { name: "Privacy" }).click();
  await until("the stripe is there", async () => (await alice.page.locator(".list [aria-current]").innerText()).trim() === "Privacy");
  assert.match(alice.page.url(), /\/settings\/privacy$/);
});

test("another device is signed out, and then all others", async () => {
  const third = await Person.arrive(browser, server, "alice");
  await alice.page.reload();
  await until("three devices", async () => (await section(alice, "Signed-in devices").locator("li").count()) === 3);
  await alice.shot("settings-sessions");
  await section(alice, "Signed-in devices").locator("li").nth(1).getByRole("button").click();
  await third.page.locator("input[name=user]").waitFor();
  await until("two devices", async () => (await section(alice, "Signed-in devices").locator("li").count()) === 2);
  await alice.page.getByRole("button", { name: "Sign out all other devices" }).click();
  await alice.page.locator("dialog").getByRole("button", { name: "Sign out all other devices" }).click();
  await other.page.locator("input[name=user]").waitFor();
  await until("one device", async () => (await section(alice, "Signed-in devices").locator("li").count()) === 1);
});

for (const colorScheme of ["light", "dark"]) {
  for (const locale of ["en-GB", "ja-JP"]) {
    test(`accessible in ${colorScheme}, ${locale}`, async () => {
      const p = await Person.arrive(browser, server, "alice", { colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      await server.as("alice", { type: "set", name: "block/mallory", value: "1" });
      await open(p);
      await p.page.locator(".session").first().waitFor();
      await p.page.locator("#section-blocked .person").waitFor();
      await p.page.locator(".storage").waitFor();
      await p.accessible();
      await p.shot(`settings-${colorScheme}-${locale}`);
      await p.page.locator("#section-storage").scrollIntoViewIfNeeded();
      await p.shot(`settings-end-${colorScheme}-${locale}`);
      await p.close();
    });
  }
}

test("in the hand the list comes first", async () => {
  const p = await Person.arrive(browser, server, "alice", { ...phone, viewport: { width: 360, height: 740 } });
  await p.page.getByRole("button", { name: "Settings" }).click();
  await p.page.getByRole("link", { name: "Privacy" }).waitFor();
  assert.equal(await p.page.locator(".settings").isVisible(), false);
  await p.shot("phone-settings");
  await p.page.getByRole("link", { name: "Privacy" }).click();
  await p.page.getByRole("switch", { name: "Be invisible" }).waitFor();
  await p.shot("phone-settings-privacy");
  assert.equal(await p.page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.equal(await p.page.locator(".settings > .scroll").evaluate((s) => s.scrollWidth <= s.clientWidth), true);
  await p.page.getByRole("button", { name: "Back to the settings" }).click();
  await p.page.getByRole("link", { name: "Privacy" }).waitFor();
  await p.close();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
