// The whole way of a notification: the settings, the server, a push service, the browser's worker.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person, phone } from "./person.mjs";
import { Server, until } from "./server.mjs";
import { PushService, subscribing } from "./service.mjs";
import { Worker } from "./worker.mjs";

let browser, server, service, alice, worker;

before(async () => {
  service = await PushService.start();
  server = await Server.start({ push: service.block });
  browser = await launch();
  await server.as("bob", { type: "send", to: "alice", client_id: "b0", content: { text: "hello" } });
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, permissions: ["notifications"], bypassCSP: true });
  await subscribing(context, service);
  alice = new Person(context, server, "alice");
  await alice.open(server.link);
  await alice.signIn();
  worker = await Worker.of(alice);
  await alice.page.goto(server.url + "/settings/notifications");
});

after(async () => {
  await browser?.close();
  await server?.close();
  await service?.close();
});

const part = () => alice.page.locator("#section-notifications");
const push = async () => (await server.as("alice", { type: "get_push" }))[0];
const says = (text) => part().getByText(text).first().waitFor();

test("whoever wants to be told on a device says so, and sees that they are", async () => {
  await says("You are not told here of new messages.");
  assert.deepEqual((await push()).subscriptions, []);
  await part().getByRole("button", { name: "Notify me here" }).click();
  await says("You are told here of new messages.");
  const [s] = (await push()).subscriptions;
  assert.deepEqual([s.kind, s.state, s.language], ["web", "ok", "en"]);
  assert.match(s.label, /Chrome/);
  await alice.accessible("told-on");
});

test("a test says what the push service has said, and comes", async () => {
  await part().getByRole("button", { name: "Send a test", exact: true }).click();
  const { payload } = await service.next("the test");
  await says("The push service has taken the test.");
  await worker.push(payload);
  await until("it is shown", async () => (await worker.shown()).some((n) => n.tag === "natterjack-test" && n.title === payload.title && n.title !== ""));
  service.status = 500;
  await part().getByRole("button", { name: "Send a test", exact: true }).click();
  await says("it answered with status 500");
  service.status = 201;
});

test("the other devices of the user see it, may test it, and may remove it", async () => {
  const [{ id }] = (await push()).subscriptions;
  const phoneAlice = await Person.arrive(browser, server, "alice", { ...phone, bypassCSP: true });
  await phoneAlice.page.goto(server.url + "/settings/notifications");
  const others = phoneAlice.page.locator("#section-notifications .setting-group", { hasText: "Other devices and services" });
  await others.getByRole("button", { name: /^Send a test to Chrome/ }).click();
  await service.next("the test of the other device");
  await phoneAlice.accessible("told-others-phone");
  await others.getByRole("button", { name: /^Remove Chrome/ }).click();
  await until("it is gone", async () => !(await push()).subscriptions.some((s) => s.id === id));
  await phoneAlice.close();
  await alice.page.reload(); // and it stays so until the person says otherwise
  await says("You are not told here of new messages.");
  await part().getByRole("button", { name: "Notify me here" }).click();
  await says("You are told here of new messages.");
});

test("a message to one who is away comes to the device, and a press leads to it", async () => {
  await alice.page.close();
  await alice.open("about:blank");
  const cdp = await alice.context.newCDPSession(alice.page);
  await cdp.send("ServiceWorker.enable");
  await server.as("bob", { type: "send", to: "alice", client_id: "b1", content: { text: "the toads are **out**" } });
  const { payload, urgency, topic } = await service.next("the message");
  assert.deepEqual([payload.kind, payload.channel, payload.seq, payload.title, payload.body, payload.badge], ["message", "alice~bob", 2, "bob", "the toads are out", 2]);
  assert.equal(urgency, "high");
  assert.ok(topic.length > 0 && topic.length <= 32);
  worker = new Worker(alice, cdp, server.url, worker.registration);
  await worker.push(payload);
  await alice.page.goto(server.url + "/settings/notifications#told"); // a window that the worker has opened, in which nothing is read
  await says("You are told here of new messages."); // so the window answers the worker
  await until("it is shown", async () => (await worker.shown()).some((n) => n.body === "the toads are out"));
  await worker.click("alice~bob");
  await alice.title("bob");
  await alice.message("the toads are out").waitFor();
});

test("whoever turns it off is told no more", async () => {
  await alice.page.goto(server.url + "/settings/notifications");
  await part().getByRole("button", { name: "Turn off" }).click();
  await says("You are not told here of new messages.");
  assert.deepEqual((await push()).subscriptions, []);
});

test("the offer comes once somebody has written while one was away, and goes for good", async () => {
  const mio = await Person.arrive(browser, server, "mio", { ...phone, locale: "ja-JP", bypassCSP: true });
  await mio.page.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "default" }));
  await mio.page.reload();
  await Worker.of(mio);
  const looks = (hidden) => mio.page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await looks(true);
  await server.as("bob", { type: "send", to: "mio", client_id: "m1", content: { text: "美緒さん" } });
  await mio.row("bob").waitFor();
  assert.equal(await mio.page.locator(".offer").count(), 0);
  await looks(false);
  await mio.page.locator(".offer").waitFor();
  await mio.accessible("offer-phone");
  await mio.page.locator(".offer").getByRole("button", { name: "今はしない" }).click();
  await mio.page.locator(".offer").waitFor({ state: "detached" });
  await mio.close();
});

test("no window complained", () => assert.deepEqual(Person.complaints, []));
