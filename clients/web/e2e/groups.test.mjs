// What people do with a group: they bring others in, give them roles, run it, leave it, and end it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";
import { png } from "./files.mjs";

let browser, server, alice, bob, carol, link;

before(async () => {
  server = await Server.start();
  browser = await launch();
  await server.as("bob", { type: "set_profile", name: "Bob Heron" });
  alice = await Person.arrive(browser, server, "alice", { permissions: ["clipboard-read", "clipboard-write"] });
  bob = await Person.arrive(browser, server, "bob");
  carol = await Person.arrive(browser, server, "carol");
  await alice.makeGroup("Marsh walks", "bob");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const aside = (p) => p.page.locator(".aside");
const dialog = (p) => p.page.locator("dialog");
const member = (p, name) => aside(p).locator("li", { hasText: name });

/** Opens the details of the open conversation. */
async function details(p) {
  const button = p.page.getByRole("button", { name: "Details", exact: true }).last();
  if ((await button.getAttribute("aria-expanded")) !== "true") await button.click(); // the pane that it opens may still be loading
  await aside(p).locator(".about-channel").waitFor();
}

async function manage(p) {
  if (await aside(p).locator(".manage").isVisible()) return;
  await details(p);
  await aside(p).getByRole("button", { name: "Manage the group" }).click();
  await aside(p).locator(".manage").waitFor();
}

async function act(p, name, action) {
  await member(p, name).getByRole("button").first().click();
  await dialog(p).getByRole("button", { name: action }).first().click();
}

test("the details name the members and their roles", async () => {
  await details(alice);
  await member(alice, "You").locator(".role", { hasText: "Owner" }).waitFor();
  await member(alice, "Bob Heron").waitFor();
  await alice.shot("group-details");
});

test("people are found by the names that they show", async () => {
  await aside(alice).getByRole("button", { name: "Add people" }).click();
  await server.as("carol", { type: "set_profile", name: "桜井 かな" }, { type: "send", to: "alice", client_id: "hello", content: { text: "hello" } });
  await until("she is found", async () => {
    await dialog(alice).locator(".people-field input").fill("");
    await dialog(alice).locator(".people-field input").fill("桜井");
    return dialog(alice).locator("[role=option]", { hasText: "@carol" }).waitFor({ timeout: 1000 }).then(() => true, () => false);
  });
  await alice.page.keyboard.press("Escape");
  await server.as("carol", { type: "set_profile", name: "" });
});

test("one adds people", async () => {
  await aside(alice).getByRole("button", { name: "Add people" }).click();
  await dialog(alice).locator(".people-field input").fill("carol");
  await dialog(alice).locator("[role=option]").first().waitFor();
  await alice.page.keyboard.press("Enter");
  await dialog(alice).getByRole("button", { name: "Add", exact: true }).click();
  await member(alice, "carol").waitFor();
  await carol.row("Marsh walks").waitFor();
});

test("the owner gives roles, and a reader cannot write", async () => {
  await act(alice, "Bob Heron", /^Admin/);
  await member(alice, "Bob Heron").locator(".role", { hasText: "Admin" }).waitFor();
  await act(alice, "carol", /^Reader/);
  await member(alice, "carol").locator(".role", { hasText: "Reader" }).waitFor();
  await carol.go("Marsh walks");
  await carol.page.locator(".composer textarea").waitFor({ state: "detached" });
  await act(alice, "carol", /^Member/);
  await carol.area.waitFor();
});

test("an admin does not see what only the owner may do", async () => {
  await bob.go("Marsh walks");
  await manage(bob);
  assert.equal(await aside(bob).getByRole("button", { name: "Delete the group" }).count(), 0);
  await member(bob, "alice").getByRole("button").click();
  await dialog(bob).getByRole("button", { name: "Write a message" }).waitFor();
  assert.equal(await dialog(bob).getByRole("button").count(), 1);
  await bob.page.keyboard.press("Escape");
});

test("one removes a member, bans another, and lifts the ban", async () => {
  await act(alice, "carol", "Remove from the group");
  await alice.shot("group-remove");
  await dialog(alice).getByRole("button", { name: "Remove from the group" }).click();
  await member(alice, "carol").waitFor({ state: "detached" });
  await carol.row("Marsh walks").waitFor({ state: "detached" });
  await server.as("alice", { type: "add_members", channel: await channelOf("Marsh walks"), members: ["carol"] });
  await act(alice, "carol", "Ban from the group");
  await dialog(alice).getByRole("button", { name: "Ban from the group" }).click();
  await member(alice, "carol").waitFor({ state: "detached" });
  await manage(alice);
  await aside(alice).getByRole("button", { name: "Lift the ban of carol" }).click();
  await aside(alice).getByRole("button", { name: "Lift the ban of carol" }).waitFor({ state: "detached" });
});

const channelOf = async (name) => (await server.as("alice", { type: "list_channels" }))[0].channels.find((c) => c.name === name).id;

test("one changes name, topic and picture", async () => {
  await manage(alice);
  await aside(alice).locator("input[name=name]").fill("Marsh walks at dusk");
  await aside(alice).locator("textarea[name=topic]").fill("Next: Saturday, by the sluice");
  await aside(alice).getByRole("button", { name: "Save" }).click();
  await alice.title("Marsh walks at dusk");
  await bob.page.locator(".event", { hasText: "alice named the group “Marsh walks at dusk”" }).waitFor();
  await bob.page.locator(".talk .bar p", { hasText: "by the sluice" }).waitFor();
  await aside(alice).locator("input[type=file]").setInputFiles(png("marsh.png", 640, 400));
  await dialog(alice).locator("canvas").focus();
  await alice.page.keyboard.press("+");
  await alice.page.keyboard.press("ArrowLeft");
  await alice.shot("group-crop");
  await dialog(alice).getByRole("button", { name: "Use this picture" }).click();
  await shown(alice.page.locator(".talk > .bar .face img"));
  await shown(bob.row("Marsh walks at dusk").locator(".face img"));
});

/** Waits until a picture is drawn. */
const shown = (img) => until("the picture is there", () => img.evaluateAll((all) => all.length === 1 && all[0].naturalWidth > 0));

test("a file that is no picture says so", async () => {
  await aside(alice).locator("input[type=file]").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("croak") });
  await aside(alice).locator("[role=alert]", { hasText: "cannot be shown as a picture" }).waitFor();
});

test("one makes a link that needs approval, and copies it", async () => {
  await aside(alice).getByRole("button", { name: "Make a link" }).click();
  await dialog(alice).getByText("1 day", { exact: true }).click();
  await dialog(alice).getByText("10 times").click();
  await dialog(alice).getByRole("switch").check();
  await alice.shot("group-invite");
  await dialog(alice).getByRole("button", { name: "Make the link" }).click();
  await dialog(alice).getByRole("button", { name: "Copy the link" }).click();
  link = await alice.page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/join\/g[a-z2-7]{24}#[\w-]{32}$/);
  await aside(alice).locator(".card", { hasText: /10 uses left · needs approval/ }).waitFor();
});

test("who follows the link asks, and is let in", async () => {
  await carol.page.goto(link);
  await carol.page.getByRole("button", { name: "Join" }).click();
  await carol.page.locator("[role=status]", { hasText: "An admin will let you in" }).waitFor();
  await carol.shot("join-asked");
  await aside(alice).getByRole("button", { name: "Approve carol" }).waitFor();
  await alice.shot("group-manage");
  await aside(alice).getByRole("button", { name: "Approve carol" }).click();
  await carol.title("Marsh walks at dusk"); // the page opens the group by itself
  await aside(alice).locator(".card", { hasText: /9 uses left/ }).waitFor();
});

test("a member who follows the link is shown the group", async () => {
  await carol.page.goto(link);
  await carol.page.locator(".door h1", { hasText: "Marsh walks at dusk" }).waitFor();
  await carol.shot("join-member");
  await carol.page.getByRole("button", { name: "Open the group" }).click();
  await carol.title("Marsh walks at dusk");
});

test("a request is declined, and a link that was ended lets nobody in", async () => {
  const dave = await Person.arrive(browser, server, "dave");
  await dave.page.goto(link);
  await dave.page.getByRole("button", { name: "Join" }).click();
  await aside(alice).getByRole("button", { name: "Decline dave" }).click();
  await aside(alice).getByRole("button", { name: "Decline dave" }).waitFor({ state: "detached" });
  await aside(alice).getByRole("button", { name: "End the link" }).click();
  await dialog(alice).getByRole("button", { name: "End the link" }).click();
  await aside(alice).locator(".card").waitFor({ state: "detached" });
  const erin = await Person.arrive(browser, server, "erin");
  await erin.page.goto(link);
  await erin.shot("join");
  await erin.page.getByRole("button", { name: "Join" }).click();
  await erin.page.locator(".door h1", { hasText: "This link lets nobody in" }).waitFor();
  await erin.shot("join-useless");
  await dave.close();
  await erin.close();
});

test("a link that was used up or has expired lets nobody in, and one signs in first", async () => {
  const secrets = ["used", "late"].map((name) => `${name}-aZ3kQ9wLm5xT7rBv2Ny8`);
  const channel = await channelOf("Marsh walks at dusk");
  const [used, late] = secrets.map((s) => createHash("sha256").update(s).digest("hex"));
  await server.as("alice", { type: "create_invite", channel, hash: used, uses: 1 }, { type: "create_invite", channel, hash: late, expires_s: 1 });
  await server.as("first", { type: "join", channel, secret: secrets[0] });
  const { expires } = (await server.as("alice", { type: "get_channel", channel }))[0].invites.find((i) => i.hash === late);
  await until("it has expired", () => Date.now() > expires);
  const context = await browser.newContext({ locale: "en-GB" });
  const gus = new Person(context, server, "gus");
  await gus.open(server.link); // they have the secret of development, and are not signed in
  await gus.page.locator("input[name=user]").waitFor();
  for (const secret of secrets) {
    await gus.page.goto(`${server.url}/join/${channel}#${secret}`);
    if (secret === secrets[0]) {
      await gus.page.locator("input[name=user]").fill("gus");
      await gus.page.keyboard.press("Enter");
    }
    await gus.page.getByRole("button", { name: "Join", exact: true }).click();
    await gus.page.locator(".door h1", { hasText: "This link lets nobody in" }).waitFor();
  }
  await gus.close();
  await server.as("alice", { type: "remove_member", channel, user: "first" }, { type: "revoke_invite", channel, hash: late });
});

test("slow mode and the archive hold for the members", async () => {
  await aside(alice).locator("select").selectOption({ label: "Every 30 s" });
  await carol.say("first");
  await carol.stored("first");
  await until("slow mode is told", async () => (await carol.page.locator(".foot").innerText()).includes("30 s"));
  await carol.page.locator(".event", { hasText: "alice set slow mode to 30 seconds" }).waitFor();
  await aside(alice).locator("select").selectOption({ label: "Off" });
  await aside(alice).getByRole("switch", { name: "Archived" }).check();
  await carol.page.locator(".composer textarea").waitFor({ state: "detached" });
  await aside(alice).getByRole("switch", { name: "Archived" }).uncheck();
  await carol.area.waitFor();
});

test("a name that imitates another one is marked", async () => {
  await server.as("carol", { type: "set_profile", name: "Bob Неron" }); // the first two letters of Heron are Cyrillic
  await details(bob);
  await member(bob, "Bob Неron").waitFor(); // the name changes while bob looks
  await member(bob, "@carol").locator(".imitates", { hasText: "Bob Heron (@bob)" }).waitFor();
  await bob.shot("group-imitates");
  await carol.say("it is me, Bob");
  await bob.page.locator(".log .by .imitates", { hasText: "@carol Looks like Bob Heron (@bob)" }).last().waitFor(); // it is also shown in the log, where it matters
  await server.as("carol", { type: "set_profile", name: "" });
  await aside(bob).locator(".imitates").waitFor({ state: "detached" });
  await bob.page.locator(".log .by .imitates").first().waitFor({ state: "detached" });
});

test("a channel is muted for a time, made heard again, and pinned to the top", async () => {
  await details(carol);
  await aside(carol).getByRole("button", { name: "Mute" }).click();
  await dialog(carol).getByRole("button", { name: "For 8 hours" }).click();
  await aside(carol).getByText(/^Muted until/).waitFor();
  const [{ settings }] = await server.as("carol", { type: "get_settings", prefix: "mute/" });
  assert.ok(Math.abs(Number(settings[0].value) - Date.now() - 8 * 3600_000) < 120_000);
  await carol.row("Marsh walks at dusk").locator(".icon").waitFor();
  await aside(carol).getByRole("button", { name: "Unmute" }).click();
  await aside(carol).getByRole("button", { name: "Mute", exact: true }).waitFor();
  await aside(carol).getByText("Mentions", { exact: true }).click();
  await until("the level is kept", async () => (await server.as("carol", { type: "get_settings", prefix: "notify/level/" }))[0].settings[0]?.value === "mentions");
  await aside(carol).getByRole("button", { name: "Pin to the top" }).click();
  await carol.page.locator(".rows h2", { hasText: "Pinned" }).waitFor();
  await aside(carol).getByRole("button", { name: "Remove from the top" }).click();
  await carol.page.locator(".rows h2", { hasText: "Pinned" }).waitFor({ state: "detached" });
});

test("all members of a large group can be found", async () => {
  const users = Array.from({ length: 60 }, (_, i) => `walker${String(i).padStart(2, "0")}`);
  await server.as("alice", { type: "add_members", channel: await channelOf("Marsh walks at dusk"), members: users });
  await details(bob);
  await aside(bob).getByRole("button", { name: "All 63 members" }).click();
  await aside(bob).locator("input").fill("walker57");
  await until("one is found", async () => (await aside(bob).locator(".people li").count()) === 1);
  await aside(bob).locator("input").fill("");
  await until("they come as one scrolls", async () => {
    await aside(bob).locator(".scroll").evaluate((s) => s.scrollTo(0, s.scrollHeight));
    return (await aside(bob).locator(".people li").count()) === 63;
  });
  await aside(bob).getByRole("button", { name: "Back to the details" }).click();
  await aside(bob).locator(".about-channel").waitFor();
});

test("the owner hands the group over, and leaves it", async () => {
  await manage(alice);
  await aside(alice).getByRole("button", { name: "Make somebody else the owner" }).click();
  await dialog(alice).getByRole("radio", { name: "Bob Heron" }).check();
  await alice.shot("group-transfer");
  await dialog(alice).getByRole("button", { name: "Make owner" }).click();
  await aside(alice).getByRole("button", { name: "Delete the group" }).waitFor({ state: "detached" });
  await aside(alice).getByRole("button", { name: "Back to the details" }).click();
  await aside(alice).getByRole("button", { name: "Leave the group" }).click();
  await dialog(alice).getByRole("button", { name: "Leave the group" }).click();
  await alice.row("Marsh walks at dusk").waitFor({ state: "detached" });
});

test("the group is deleted only behind its typed name", async () => {
  await manage(bob);
  await aside(bob).getByRole("button", { name: "Delete the group" }).click();
  const yes = dialog(bob).getByRole("button", { name: "Delete the group" });
  await dialog(bob).locator("input").fill("Marsh walks");
  assert.equal(await yes.isDisabled(), true);
  await bob.shot("group-delete");
  await dialog(bob).locator("input").fill("Marsh walks at dusk");
  await yes.click();
  await bob.row("Marsh walks at dusk").waitFor({ state: "detached" });
  await carol.row("Marsh walks at dusk").waitFor({ state: "detached" });
});

test("one blocks the other of a direct conversation, and unblocks them", async () => {
  await carol.talkTo("bob");
  await details(carol);
  await aside(carol).getByRole("button", { name: "Block Bob Heron" }).click();
  await dialog(carol).getByRole("button", { name: "Block", exact: true }).click();
  await aside(carol).getByText("You have blocked Bob Heron.").waitFor();
  await carol.shot("direct-details");
  assert.deepEqual((await server.as("carol", { type: "get_settings", prefix: "block/" }))[0].settings, [{ name: "block/bob", value: "1" }]);
  await aside(carol).getByRole("button", { name: "Unblock Bob Heron" }).click();
  await aside(carol).getByRole("button", { name: "Block Bob Heron" }).waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  for (const locale of ["en-GB", "ja-JP"]) {
    test(`accessible in ${colorScheme}, ${locale}`, async () => {
      const p = await Person.arrive(browser, server, "frida", { colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      await p.makeGroup(`湿地の録音会 ${colorScheme} ${locale}`, "bob", "carol");
      await p.page.keyboard.press("Control+i");
      await aside(p).locator(".people li").nth(2).waitFor();
      await p.accessible();
      await p.shot(`details-${colorScheme}-${locale}`);
      await aside(p).locator(".section h3 .button").click();
      await dialog(p).locator(".people-field").waitFor();
      await p.accessible();
      await p.page.keyboard.press("Escape");
      await aside(p).locator("[aria-haspopup=dialog].item").first().click();
      await dialog(p).locator(".item").nth(3).waitFor();
      await p.accessible();
      await p.page.keyboard.press("Escape");
      await aside(p).locator(".links .item").last().click();
      await aside(p).locator(".manage").waitFor();
      await p.accessible();
      await aside(p).locator(".section h3 .button").first().click();
      await dialog(p).locator(".choice").first().waitFor();
      await p.accessible();
      await dialog(p).locator(".button.main").click();
      await dialog(p).locator("input[readonly]").waitFor();
      await p.accessible();
      const made = await dialog(p).locator("input[readonly]").inputValue();
      await p.page.keyboard.press("Escape");
      await p.shot(`manage-${colorScheme}-${locale}`);
      const ends = aside(p).locator(".section").last().locator(".item");
      for (const [end, part] of [[ends.first(), ".pick"], [ends.last(), "input"]]) {
        await end.click();
        await dialog(p).locator(part).waitFor();
        await p.accessible();
        await p.page.keyboard.press("Escape");
      }
      await aside(p).locator("input[type=file]").setInputFiles(png("a.png", 40, 60));
      await dialog(p).locator("canvas").waitFor();
      await p.accessible();
      await p.page.keyboard.press("Escape");
      await aside(p).locator(".people .item").first().click();
      await dialog(p).locator(".item").first().waitFor();
      await p.accessible();
      await p.shot(`member-${colorScheme}-${locale}`);
      await p.page.keyboard.press("Escape");
      const guest = await Person.arrive(browser, server, "gast", { colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      await guest.page.goto(made);
      await guest.page.locator(".door .button.main").waitFor();
      await guest.accessible();
      await guest.shot(`join-${colorScheme}-${locale}`);
      await guest.close();
      await p.close();
    });
  }
}

test("in the hand", async () => {
  const p = await Person.arrive(browser, server, "frida", { ...phone, viewport: { width: 360, height: 740 } });
  await p.go("湿地の録音会 light en-GB");
  await p.page.getByRole("button", { name: "Details", exact: true }).first().click();
  await aside(p).locator(".people li").nth(2).waitFor();
  await p.shot("phone-details");
  await aside(p).getByRole("button", { name: "Manage the group" }).click();
  await aside(p).locator(".manage").waitFor();
  await p.shot("phone-manage");
  assert.equal(await p.page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.equal(await aside(p).locator(".scroll").evaluate((s) => s.scrollWidth <= s.clientWidth), true);
  await member(p, "bob").getByRole("button").click();
  await dialog(p).getByRole("button", { name: "Remove from the group" }).waitFor();
  await p.shot("phone-member");
  await p.close();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
