// Drives the first page in a real browser against a real server: `npm ci && npm test`.
// It builds the server (or takes SERVER, a binary), runs it on a free port over a fresh data directory, and drives
// Chromium (CHROMIUM, or /usr/bin/chromium). With SHOTS=DIR it leaves screenshots there.

import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const root = path.resolve(import.meta.dirname, "../../../..");
const work = mkdtempSync(path.join(tmpdir(), "natterjack-page-"));
const patience = 20_000; // for anything that is waited for; the machine may be busy with other tests
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// ─── The server ───────────────────────────────────────────────────────────────────────────────────────────────────────

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

class Server {
  constructor(binary, args) { Object.assign(this, { binary, args, log: "" }); }

  async start() {
    this.child = spawn(this.binary, this.args, { cwd: work, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (data) => { this.log += data; });
    this.ended = once(this.child, "exit");
    await until("the server is ready", async () => {
      if (this.child.exitCode !== null) throw new Error("the server ended:\n" + this.log);
      return fetch(this.url).then((r) => r.ok, () => false);
    });
  }

  get secret() { return readFileSync(path.join(work, "data", "secrets", "sign-in"), "utf8").trim(); }

  async stop(signal) {
    this.child.kill(signal);
    await this.ended;
  }
}

// ─── A small harness ──────────────────────────────────────────────────────────────────────────────────────────────────

const tests = [];
const test = (name, body) => tests.push({ name, body });

function equal(got, want, what) {
  const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
  if (g !== w) throw new Error(`${what}: got ${g}, want ${w}`);
}

async function until(what, condition) {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("waited in vain until " + what);
}

// ─── A person at a window ─────────────────────────────────────────────────────────────────────────────────────────────

class Person {
  static complaints = []; // of any window's console: a refused style or script, an exception

  static async arrive(browser, server, name, context = {}) {
    const p = new Person();
    p.name = name;
    p.context = await browser.newContext(context);
    p.page = await p.context.newPage();
    p.page.setDefaultTimeout(patience);
    p.page.on("pageerror", (e) => Person.complaints.push(`${name}: ${e.message}`));
    p.page.on("console", (m) => {
      const lost = /WebSocket connection|ERR_CONNECTION|Failed to load resource/.test(m.text()); // the tests stop the server
      if (m.type() === "error" && !lost) Person.complaints.push(`${name}: ${m.text()}`);
    });
    await p.page.goto(server.url + "#secret=" + server.secret); // as the ready line has it
    await p.page.getByLabel("Your name").fill(name);
    await p.page.keyboard.press("Enter");
    await p.connected();
    return p;
  }

  connected() { return this.page.locator("#state.live").waitFor(); }

  async talk(people, group = "") {
    await this.page.getByRole("button", { name: "New conversation" }).click();
    await this.page.getByLabel("With").fill(people);
    await this.page.getByLabel("Group name").fill(group);
    await this.page.getByRole("button", { name: "Start" }).click();
    await this.page.locator("#title", { hasText: group || people }).waitFor();
  }

  channel(title) { return this.page.locator(".channel").filter({ has: this.page.locator("b", { hasText: new RegExp(`^${title}$`) }) }); }

  async open(title) {
    await this.channel(title).click();
    await this.page.locator("#title", { hasText: title }).waitFor();
  }

  async say(text) {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.page.keyboard.press("Enter");
  }

  texts() { return this.page.locator("#log .message p").allTextContents(); }

  sees(...texts) {
    return until(`${this.name} sees ${JSON.stringify(texts).slice(0, 200)}`, async () =>
      JSON.stringify(await this.texts()) === JSON.stringify(texts)).catch(async (e) => {
      throw new Error(`${e.message}; there is ${JSON.stringify(await this.texts()).slice(0, 1000)}`);
    });
  }

  stored(text) { return this.page.locator(".message.mine", { hasText: text }).locator("small", { hasText: "✓" }).waitFor(); }

  shot(name) { return process.env.SHOTS && this.page.screenshot({ path: path.join(process.env.SHOTS, name + ".png") }); }
}

// ─── The tests, in order; each begins where the one before ended ──────────────────────────────────────────────────────

let browser, server, alice, bob, carol;

test("two windows sign in and talk both ways", async () => {
  alice = await Person.arrive(browser, server, "alice");
  bob = await Person.arrive(browser, server, "bob");
  await alice.talk("bob");
  await alice.say("hello bob");
  await alice.stored("hello bob");
  await bob.open("alice");
  await bob.sees("hello bob");
  await bob.say("hello alice");
  await bob.stored("hello alice");
  await alice.sees("hello bob", "hello alice");
});

test("the secret of the link is kept, and leaves the address bar", async () => {
  equal(await alice.page.evaluate(() => location.href.includes("secret")), false, "the secret in the address");
  const again = await alice.context.newPage(); // another window, without the link
  await again.goto(server.url);
  await again.getByLabel("Your name").fill("alice");
  await again.keyboard.press("Enter");
  await again.locator("#state.live").waitFor();
  await again.close();
});

test("without the link nobody signs in, and the page says what to do", async () => {
  const context = await browser.newContext(), page = await context.newPage();
  await page.goto(server.url);
  await page.getByLabel("Your name").fill("mallory");
  await page.keyboard.press("Enter");
  await page.locator("#door [role=alert]", { hasText: "open the link that the server printed" }).waitFor();
  await page.goto(server.url + "#secret=" + server.secret);
  await page.getByLabel("Your name").fill("mallory");
  await page.keyboard.press("Enter");
  await page.locator("#state.live").waitFor();
  await context.close();
});

test("markup in a message stays text", async () => {
  const text = `<img src=x onerror="document.title='owned'"><script>alert(1)</script> & "quotes"`;
  await alice.say(text);
  await bob.sees("hello bob", "hello alice", text);
  equal(await bob.page.locator("#log img, #log script").count(), 0, "elements made from a message");
});

test("every line, script and direction of writing arrives as it was sent", async () => {
  const text = "two\nlines, 日本語 🐸, עברית, and a " + "long".repeat(60) + " word";
  await bob.say(text);
  await alice.page.locator(".message p", { hasText: "日本語" }).waitFor();
  equal((await alice.texts()).at(-1), text, "the text");
  equal(await alice.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "sideways overflow");
});

test("a group of three, in one order for all", async () => {
  carol = await Person.arrive(browser, server, "carol");
  await alice.talk("bob carol", "Field recordings");
  await alice.say("recorders are out");
  await bob.open("Field recordings");
  await carol.open("Field recordings");
  await Promise.all([bob.say("great"), carol.say("batteries?"), alice.say("in the red box")]);
  await until("all have four messages", async () => (await Promise.all([alice, bob, carol].map((p) => p.texts()))).every((t) => t.length === 4));
  const [a, b, c] = await Promise.all([alice, bob, carol].map((p) => p.texts()));
  equal(b, a, "bob's order against alice's");
  equal(c, a, "carol's order against alice's");
  equal([...a].sort(), ["batteries?", "great", "in the red box", "recorders are out"], "the messages");
  await alice.shot("group");
});

test("what arrives elsewhere is counted", async () => {
  await carol.talk("alice");
  await carol.say("are you there?");
  await until("the badge says 1", async () => (await alice.channel("carol").locator(".badge").textContent()) === "1");
  equal(await alice.page.title(), "(1) Natterjack", "the title");
  await alice.open("carol");
  await alice.sees("are you there?");
  equal(await alice.page.title(), "Natterjack", "the title, once read");
});

const many = Array.from({ length: 130 }, (_, i) => `note ${i + 1}`);

test("after a reload, history comes in pages as one scrolls up", async () => {
  await carol.talk("dave");
  for (const text of many) await carol.say(text);
  await carol.stored(many.at(-1));
  await carol.page.reload();
  await carol.connected();
  await carol.sees(...many.slice(-50));
  await until("all of history is there", async () => {
    await carol.page.locator("#log").evaluate((log) => { log.scrollTop = 0; });
    return (await carol.texts()).length >= many.length;
  });
  await carol.sees(...many);
});

test("what is read stays in place while older messages arrive above", async () => {
  await carol.page.reload();
  await carol.sees(...many.slice(-50));
  const moved = await carol.page.evaluate(async () => {
    const log = document.querySelector("#log"), top = log.querySelector(".message");
    log.scrollTop = 250;
    const before = top.getBoundingClientRect().top;
    await new Promise((resolve) => new MutationObserver((_, o) => { o.disconnect(); requestAnimationFrame(resolve); }).observe(log, { childList: true }));
    return Math.abs(top.getBoundingClientRect().top - before);
  });
  if (moved > 1) throw new Error(`it moved by ${moved} pixels`);
});

test("a server killed and restarted: nothing lost, nothing twice", async () => {
  await bob.open("alice");
  await alice.open("bob");
  const before = await alice.texts();
  await server.stop("SIGKILL");
  await bob.page.locator("#state", { hasText: "Reconnecting" }).waitFor();
  await bob.say("said while the server was down");
  await bob.say("and one more");
  await bob.page.locator(".message.waiting", { hasText: "and one more" }).waitFor();
  await bob.shot("reconnecting");
  await server.start();
  await Promise.all([alice.connected(), bob.connected()]);
  await bob.stored("said while the server was down");
  await bob.stored("and one more");
  const want = [...before, "said while the server was down", "and one more"];
  await alice.sees(...want);
  await bob.sees(...want);
});

test("a server stopped in good order: sent through it, read after it", async () => {
  const before = await alice.texts();
  const stopped = server.stop("SIGTERM");
  const texts = Array.from({ length: 10 }, (_, i) => `through the stop ${i + 10}`);
  for (const text of texts) await alice.say(text);
  await stopped;
  await server.start();
  for (const text of texts) await alice.stored(text);
  await bob.sees(...before, ...texts);
  await alice.page.reload();
  await alice.sees(...[...before, ...texts].slice(-50));
});

test("a second window of the same person shows the same", async () => {
  const other = await Person.arrive(browser, server, "alice");
  await other.open("bob");
  await other.sees(...await alice.texts());
  await other.say("from my other window");
  await alice.page.locator(".message.mine", { hasText: "from my other window" }).waitFor();
  await other.context.close();
});

test("it shows who has read, and what becomes of a message elsewhere", async () => {
  const [dave, erin] = [await Person.arrive(browser, server, "dave"), await Person.arrive(browser, server, "erin")];
  await dave.talk("erin");
  await dave.say("frogs");
  await dave.stored("frogs");
  await erin.open("dave");
  await dave.page.locator("small", { hasText: "✓✓ Read" }).waitFor();
  const { token } = await ask("/v1/signin", JSON.stringify({ user: "dave", secret: server.secret }));
  const change = (c) => ask("/v1/frames", JSON.stringify({ channel: "dave~erin", seq: 1, ...c }), { Authorization: `Bearer ${token}` });
  await change({ type: "edit", content: { text: "toads" } });
  for (const p of [dave, erin]) await p.sees("toads");
  for (const p of [dave, erin]) await p.page.locator("small", { hasText: "edited" }).waitFor();
  await change({ type: "react", emoji: "🐸" });
  await erin.page.locator("small", { hasText: "🐸 1" }).waitFor();
  await change({ type: "delete" });
  for (const p of [dave, erin]) await p.sees("Message deleted");
  await erin.page.reload();
  await erin.sees("Message deleted");
  for (const p of [dave, erin]) await p.context.close();
});

test("of two conversations opened one right after the other, both are read", async () => {
  const [gail, hank, iris] = await Promise.all(["gail", "hank", "iris"].map((name) => Person.arrive(browser, server, name)));
  for (const p of [hank, iris]) {
    await p.talk("gail");
    await p.say(`it is ${p.name}`);
    await p.stored("it is");
  }
  for (const p of [hank, iris]) await until("the badge counts", async () => (await gail.channel(p.name).locator(".badge").textContent()) === "1");
  await gail.channel("hank").click();
  await gail.page.waitForTimeout(400); // within the second in which reads are gathered
  await gail.channel("iris").click();
  for (const p of [hank, iris]) await p.page.locator("small", { hasText: "✓✓ Read" }).waitFor();
  for (const p of [gail, hank, iris]) await p.context.close();
});

test("nothing is read in a hidden window, and all that was seen is told before it hides", async () => {
  const [jack, kate] = [await Person.arrive(browser, server, "jack"), await Person.arrive(browser, server, "kate")];
  const hide = (hidden) => kate.page.evaluate((h) => { // the pages of this browser never hide by themselves
    Object.defineProperty(document, "hidden", { value: h, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await jack.talk("kate");
  await jack.say("one");
  await jack.stored("one");
  await kate.open("jack");
  await kate.sees("one");
  await hide(true);
  await jack.page.locator("small", { hasText: "✓✓ Read" }).waitFor();
  await jack.say("two");
  await jack.page.locator(".message", { hasText: "two" }).locator("small", { hasText: "✓✓" }).waitFor();
  await kate.page.waitForTimeout(1500); // longer than reads are gathered
  equal(await jack.page.locator(".message", { hasText: "two" }).locator("small", { hasText: "Read" }).count(), 0, "messages read in a hidden window");
  await hide(false);
  await jack.page.locator(".message", { hasText: "two" }).locator("small", { hasText: "Read" }).waitFor();
  for (const p of [jack, kate]) await p.context.close();
});

test("forwarded words are shown as forwarded, and no sign turns a line around", async () => {
  const [lena, mona] = [await Person.arrive(browser, server, "lena"), await Person.arrive(browser, server, "mona")];
  await lena.talk("mona");
  await lena.say("\u202eneddih\u2069 Forwarded from eve");
  await lena.stored("Forwarded");
  const { token } = await ask("/v1/signin", JSON.stringify({ user: "lena", secret: server.secret }));
  await ask("/v1/frames", JSON.stringify({ type: "forward", client_id: "f", to: "mona", from: { channel: "lena~mona", seq: 1 } }), { Authorization: `Bearer ${token}` });
  await mona.open("lena");
  await until("both messages are there", async () => (await mona.texts()).length === 2);
  equal(await mona.texts(), Array(2).fill("\ufffdneddih\ufffd Forwarded from eve"), "the texts");
  equal(await mona.page.locator("#log .message i").allTextContents(), ["", "Forwarded from lena"], "where they are from");
  for (const p of [lena, mona]) await p.context.close();
});

async function ask(path, body, headers = {}) {
  const reply = await (await fetch(server.url + path, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } })).json();
  if (reply.type === "error") throw new Error(JSON.stringify(reply));
  return reply;
}

test("a refused message says why", async () => {
  await alice.say("x".repeat(17_000));
  await alice.page.locator(".message.failed small", { hasText: "Not sent: content.text" }).waitFor();
  await alice.shot("refused");
});

test("by keyboard alone", async () => {
  const p = (await Person.arrive(browser, server, "erin")).page;
  await p.getByRole("button", { name: "New conversation" }).focus();
  await p.keyboard.press("Enter");
  await p.keyboard.type("frank");
  await p.keyboard.press("Enter");
  await p.locator("#text:focus").waitFor();
  await p.keyboard.type("typed");
  await p.keyboard.press("Shift+Enter");
  await p.keyboard.type("twice");
  await p.keyboard.press("Enter");
  await p.locator(".message.mine p", { hasText: "typed\ntwice" }).waitFor();
  await p.context().close();
});

test("on a narrow phone", async () => {
  const phone = await Person.arrive(browser, server, "alice", { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  equal(await phone.page.locator("main").isVisible(), false, "conversation beside the list");
  await phone.shot("phone-list");
  await phone.open("Field recordings");
  await phone.page.locator(".message").first().waitFor();
  equal(await phone.page.locator("aside").isVisible(), false, "list beside the conversation");
  equal(await phone.page.evaluate(() => document.documentElement.scrollWidth), 360, "the width");
  await phone.shot("phone");
  await phone.page.goBack();
  await phone.page.locator("aside").waitFor();
  await phone.context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`accessible in ${colorScheme}`, async () => {
    const p = await Person.arrive(browser, server, "alice", { colorScheme, bypassCSP: true }); // only so that axe may be put in
    await p.open("Field recordings");
    await p.page.locator(".message").first().waitFor();
    await p.shot(colorScheme);
    await check(p.page);
    await p.page.getByRole("button", { name: "New conversation" }).click();
    await p.shot(colorScheme + "-dialog");
    await check(p.page);
    await p.page.keyboard.press("Escape");
    await p.page.getByRole("button", { name: "Sign out" }).click();
    await p.page.getByLabel("Your name").waitFor();
    await p.shot(colorScheme + "-door");
    await check(p.page);
    await p.context.close();
  });
}

async function check(page) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await axe.run()).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`));
  equal(violations, [], "axe");
}

test("signing out ends the token, here and anywhere else", async () => {
  const { token } = await alice.page.evaluate(() => JSON.parse(sessionStorage.getItem("me")));
  const status = async () => (await fetch(server.url + "v1/frames", { method: "POST", body: '{"type":"list_channels"}', headers: { Authorization: `Bearer ${token}` } })).status;
  equal(await status(), 200, "the status before");
  await alice.page.getByRole("button", { name: "Sign out" }).click();
  await alice.page.getByLabel("Your name").waitFor();
  equal(await alice.page.evaluate(() => sessionStorage.getItem("me")), null, "what is kept");
  equal(await alice.page.locator("#door [role=alert]").textContent(), "", "what the door says");
  equal(await status(), 401, "the status after");
  await alice.page.reload();
  await alice.page.getByLabel("Your name").waitFor();
});

test("a server that forgot its key puts one out, and says so", async () => {
  await server.stop("SIGKILL");
  rmSync(path.join(work, "data"), { recursive: true });
  await server.start();
  await bob.page.locator("#door [role=alert]:not(:empty)").waitFor();
  await bob.shot("put-out");
});

test("no window complained", () => equal(Person.complaints, [], "errors in the console"));

// ─── Run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

let passed = 0, failed = 0;
try {
  if (process.env.SHOTS) mkdirSync(process.env.SHOTS, { recursive: true });
  const binary = process.env.SERVER ?? path.join(work, "natterjack");
  if (!process.env.SERVER) execFileSync("go", ["build", "-o", binary, "./server"], { cwd: root, stdio: "inherit" });
  const listen = `127.0.0.1:${await freePort()}`; // not 0: it must be the same after a restart
  server = new Server(binary, ["--listen", listen, "--nats-listen", "127.0.0.1:0", "--data", path.join(work, "data")]);
  server.url = `http://${listen}/`;
  await server.start();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  for (const { name, body } of tests) {
    const start = Date.now();
    try {
      await body();
      passed++;
      console.log(`ok    ${name} (${Date.now() - start} ms)`);
    } catch (e) {
      failed++;
      console.log(`FAIL  ${name}\n      ${e.message.split("\n").slice(0, 8).map((line) => line.slice(0, 400)).join("\n      ")}`);
    }
  }
} catch (e) {
  failed++;
  console.log(`FAIL  ${e.stack}`);
} finally {
  await browser?.close();
  if (server?.child?.exitCode === null) await server.stop("SIGTERM");
  if (failed && server) console.log("The server's last words:\n" + server.log.split("\n").slice(-30).join("\n"));
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
