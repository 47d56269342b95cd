// axe finds no fault on any screen, in either theme, in either language, on a large screen or a
// phone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server } from "./server.mjs";
import { furnish, inHand, screens } from "./world.mjs";

let browser, server, world;

before(async () => {
  server = await Server.start();
  browser = await launch();
  world = await furnish(browser, server);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const all = Object.keys(screens);
const walks = [["light", "en-GB", {}, all], ["dark", "ja-JP", {}, all], ["dark", "en-GB", phone, inHand], ["light", "ja-JP", phone, inHand]];

for (const [colorScheme, locale, device, names] of walks) {
  describe(`${colorScheme}, ${locale}, ${device === phone ? "in the hand" : "at a desk"}`, () => {
    let p;
    before(async () => {
      p = await Person.arrive(browser, server, "nao", { ...device, colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
    });
    after(() => p?.close());
    for (const name of names) {
      test(name, async () => {
        await p.page.goto(`${server.url}/c/${world.field}`);
        await p.message("keep both").first().waitFor();
        await screens[name](p);
        await p.accessible(`${name}-${colorScheme}-${locale.slice(0, 2)}${device === phone ? "-hand" : ""}`);
        await other(p, colorScheme);
        await p.accessible();
        await p.page.emulateMedia({ colorScheme });
      });
    }
    test("the door", async () => {
      const context = await browser.newContext({ ...device, colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      const guest = new Person(context, server, "guest");
      await guest.open(server.url);
      await guest.page.locator("input[name=user]").waitFor();
      await guest.accessible();
      await other(guest, colorScheme);
      await guest.accessible();
      await guest.page.locator(".button.quiet.small").click();
      await guest.page.locator("input[name=token]").waitFor();
      await guest.accessible();
      await guest.close();
    });
    test("nobody to talk to yet", async () => {
      const alone = await Person.arrive(browser, server, `alone-${locale.slice(0, 2).toLowerCase()}`, { ...device, colorScheme, locale, bypassCSP: true, reducedMotion: "reduce" });
      await alone.page.locator(".rows .pad").waitFor();
      await alone.accessible();
      await alone.close();
    });
  });
}

const other = (p, colorScheme) => p.page.emulateMedia({ colorScheme: colorScheme === "dark" ? "light" : "dark" });

test("no window complained", () => assert.deepEqual(Person.complaints, []));
