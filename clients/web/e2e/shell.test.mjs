// The app on a device: it opens without a network, and never shows an old build to a user who has a
// network.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until } from "./server.mjs";
import { Worker } from "./worker.mjs";

let browser, server, alice;

before(async () => {
  server = await Server.start();
  browser = await launch();
  await server.as("bob", { type: "send", to: "alice", client_id: "b", content: { text: "hello" } });
  alice = await Person.arrive(browser, server, "alice");
  await Worker.of(alice);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test("it can be installed", async () => {
  const { manifest, errors } = await alice.page.evaluate(async () => {
    const link = document.querySelector("link[rel=manifest]");
    const manifest = await (await fetch(link.href)).json();
    const broken = [];
    for (const icon of manifest.icons) if (!(await fetch(icon.src)).ok) broken.push(icon.src);
    return { manifest, errors: broken };
  });
  assert.deepEqual([manifest.start_url, manifest.scope, manifest.display, errors], ["/", "/", "standalone", []]);
  const cdp = await alice.context.newCDPSession(alice.page);
  const { errors: found } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(found, []);
});

test("without a server it opens, and what one writes goes out once there is one", async () => {
  await alice.go("bob");
  await server.down("SIGKILL");
  await alice.page.reload();
  await alice.title("bob");
  await alice.say("written without a server");
  await alice.row("bob").locator(".last", { hasText: "You: written without a server" }).waitFor();
  await alice.page.goto(server.url + "/settings"); // another address of the app
  await alice.page.locator(".settings .page").waitFor();
  await server.up();
  await until("the message is stored", async () => (await server.history("bob", "alice~bob")).some((e) => e.content?.text === "written without a server"));
});

test("with a server the page is the server's own", async () => {
  const own = await (await fetch(server.url + "/")).text();
  // The page that the worker keeps is replaced by that of another build.
  await alice.page.evaluate(async () => {
    const [name] = await caches.keys();
    await (await caches.open(name)).put("/", new Response("<h1>an old build</h1>", { headers: { "Content-Type": "text/html" } }));
  });
  const answer = await alice.page.reload();
  assert.equal(await answer.text(), own);
  assert.equal(answer.fromServiceWorker(), true);
  await server.down();
  await alice.page.reload();
  assert.equal(await alice.page.locator("h1").innerText(), "an old build"); // the old page could have been shown
  await server.up();
  await alice.page.goto(server.url);
  await alice.online();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
