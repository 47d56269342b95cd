// The settings about notifications, as a person sets them, and as the server gets them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";

let browser, server, alice, group;

before(async () => {
  server = await Server.start();
  browser = await launch();
  await server.as("bob", { type: "send", to: "alice", client_id: "b", content: { text: "hello" } });
  group = (await server.as("alice", { type: "create_group", client_id: "g", name: "Field recordings", members: ["bob"] }))[0].channel.id;
  alice = await Person.arrive(browser, server, "alice");
  await open(alice);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const open = async (p) => {
  await p.page.goto(server.url + "/settings/notifications");
  await p.page.locator("#section-notifications").waitFor();
};
const part = () => alice.page.locator("#section-notifications");
const setting = async (name) => (await server.as("alice", { type: "get_settings", prefix: name }))[0].settings.find((s) => s.name === name)?.value ?? "";
const becomes = (name, value) => until(`${name} is ${JSON.stringify(value)}`, async () => (await setting(name)) === value)
  .catch(async (e) => { throw new Error(`${e.message}; it is ${JSON.stringify(await setting(name))}`); });

test("the level of all groups holds for each that has none of its own", async () => {
  await part().getByRole("radiogroup", { name: "Tell me in groups" }).getByText("Mentions").click();
  await becomes("notify/level", "mentions");
  await alice.page.goto(server.url + "/c/" + group);
  await alice.title("Field recordings");
  await alice.page.getByRole("button", { name: "Details" }).last().click();
  const own = alice.page.locator(".aside [role=radiogroup]").first();
  await own.locator("label", { hasText: "Mentions" }).locator("input:checked").waitFor({ state: "attached" });
  await own.getByText("All", { exact: true }).click();
  await becomes(`notify/level/${group}`, "all");
  await open(alice);
  await part().getByRole("link", { name: "Field recordings" }).waitFor();
  await part().getByRole("radiogroup", { name: "Tell me in groups" }).getByText("All messages").click();
  await becomes("notify/level", "");
});

test("words and people that count as mentions", async () => {
  const words = part().locator("textarea[name=keywords]");
  await words.fill("toad\n蛙\n\n toad \nboardwalk");
  await part().getByRole("button", { name: "Save" }).click();
  await becomes("notify/keywords", "toad\n蛙\nboardwalk");
  await words.fill("x".repeat(51));
  await part().getByRole("button", { name: "Save" }).click();
  await part().getByText("is too long").waitFor();
  await part().getByRole("button", { name: "Cancel" }).click();
  await part().locator(".people-field input").fill("bob");
  await part().locator("#offered [role=option]").first().waitFor();
  await alice.page.keyboard.press("Enter");
  await becomes("notify/person/bob", "1");
  await part().getByRole("button", { name: "Remove bob" }).click();
  await becomes("notify/person/bob", "");
});

test("a pause, and its end", async () => {
  await part().locator("select[name=snooze]").selectOption({ label: "for 1 hour" });
  await part().getByText(/^Paused until/).waitFor();
  assert.ok(Math.abs(Number(await setting("notify/snooze")) - Date.now() - 3600_000) < 120_000);
  await part().locator("select[name=snooze]").selectOption({ label: "End the pause" });
  await becomes("notify/snooze", "");
});

test("quiet hours, by keys alone", async () => {
  await part().getByRole("button", { name: "Add quiet hours" }).press("Enter");
  await becomes("notify/quiet", "daily 22:00-07:00");
  await part().getByRole("checkbox", { name: "Saturday" }).press("Space");
  await becomes("notify/quiet", "mon-fri,sun 22:00-07:00");
  await part().getByRole("checkbox", { name: "Sunday" }).press("Space");
  await becomes("notify/quiet", "mon-fri 22:00-07:00");
  await part().getByLabel("To", { exact: true }).fill("06:30");
  await becomes("notify/quiet", "mon-fri 22:00-06:30");
  await part().getByText("on the next day").waitFor();
  await part().getByRole("button", { name: "Add quiet hours" }).click();
  await part().getByRole("button", { name: "Remove quiet hours 1" }).click();
  await becomes("notify/quiet", "daily 22:00-07:00");
});

test("what is told all the same, and how much it shows", async () => {
  await part().getByRole("group", { name: "In quiet hours and pauses" }).getByLabel("My people").check();
  await becomes("notify/pass_quiet", "people");
  await part().getByRole("group", { name: "In quiet hours and pauses" }).getByLabel("Mentions by name, and replies").check();
  await becomes("notify/pass_quiet", "mentions people");
  await part().getByRole("group", { name: "Where I have turned" }).getByLabel("My words").check();
  await becomes("notify/pass_mute", "keywords");
  await part().getByRole("radiogroup", { name: "A notification shows" }).getByText("Name", { exact: true }).click();
  await becomes("notify/content", "sender");
  await part().getByRole("switch", { name: "Count only mentions by name" }).click();
  await becomes("notify/by_name", "1");
});

for (const colorScheme of ["light", "dark"]) {
  for (const locale of ["en-GB", "ja-JP"]) {
    test(`accessible in ${colorScheme}, ${locale}`, async () => {
      const p = await Person.arrive(browser, server, "alice", { colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      await open(p);
      await p.page.locator("#section-notifications .quiet-span").waitFor();
      await p.accessible(`notify-${colorScheme}-${locale}`);
      await p.page.locator("#section-notifications [aria-haspopup=dialog]").last().click();
      await p.page.locator("dialog.why .nothing, dialog.why .decision").first().waitFor();
      await p.accessible(`notify-why-${colorScheme}-${locale}`);
      await p.close();
    });
  }
}

test("on a phone nothing is wider than the screen", async () => {
  const p = await Person.arrive(browser, server, "alice", { ...phone, viewport: { width: 360, height: 740 }, locale: "ja-JP" });
  await open(p);
  await p.page.locator("#section-notifications .quiet-span").waitFor();
  assert.equal(await p.page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.deepEqual(await p.page.evaluate(() => [...document.querySelectorAll(".settings .page *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".sr")).map((e) => e.outerHTML.slice(0, 100))), []);
  await p.page.locator("#section-notifications .quiet-span").scrollIntoViewIfNeeded();
  await p.shot("phone-notify");
  await p.close();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
