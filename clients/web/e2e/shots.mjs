// Takes the screenshots of the documentation: SHOTS=docs/screenshots node e2e/shots.mjs

import { launch, Person, phone } from "./person.mjs";
import { Server } from "./server.mjs";
import { furnish, screens } from "./world.mjs";

process.env.SHOTS ??= new URL("../../../docs/screenshots", import.meta.url).pathname;
const names = { desk: ["talk", "details", "search", "settings"], hand: ["list", "talk"] };

const server = await Server.start();
const browser = await launch();
try {
  const { field } = await furnish(browser, server);
  const mio = await Person.arrive(browser, server, "mio"); // another person is online
  for (const [width, device] of [["desk", {}], ["hand", { ...phone, viewport: { width: 390, height: 780 }, deviceScaleFactor: 1 }]]) {
    for (const [colorScheme, locale] of [["light", "en-GB"], ["dark", "ja-JP"]]) {
      const p = await Person.arrive(browser, server, "nao", { ...device, colorScheme, locale, reducedMotion: "reduce" });
      for (const name of names[width]) {
        await p.page.goto(`${server.url}/c/${field}`);
        await p.message("keep both").first().waitFor();
        await screens[name](p);
        await p.page.locator(".msg .word").first().waitFor({ state: "attached", timeout: 3000 }).catch(() => {}); // not every screen has one
        await p.still();
        await p.shot(`${name}-${width}-${colorScheme}`);
      }
      await p.close();
    }
  }
  await mio.close();
} finally {
  await browser.close();
  await server.close();
}
