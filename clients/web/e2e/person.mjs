// A person at a window.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import path from "node:path";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { patience, until } from "./server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts Chromium: CHROMIUM, or Debian's. */
export const launch = (...more) => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...more],
});

/** A phone, as far as the layout goes. */
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

export class Person {
  /**
   * Complaints in the consoles of all windows, such as a refused style or script, or an exception.
   */
  static complaints = [];

  /**
   * Opens a window for a person, and signs them in there. The options are those of the browser's
   * context.
   */
  static async arrive(browser, server, name, options = {}) {
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, ...options });
    const p = new Person(context, server, name);
    p.inHand = options.hasTouch ?? false;
    await p.open(server.link);
    await p.signIn();
    return p;
  }

  constructor(context, server, name) { Object.assign(this, { context, server, name }); }

  /** Opens a window. The one before stays open. */
  async open(url) {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(patience);
    this.page.on("pageerror", (e) => Person.complaints.push(`${this.name}: ${e.stack ?? e.message}`));
    this.page.on("console", (m) => {
      const lost = /WebSocket connection|ERR_CONNECTION|ERR_INTERNET|Failed to load resource/.test(m.text()); // tests stop the server, so these are no complaints
      if (m.type() === "error" && !lost) Person.complaints.push(`${this.name}: ${m.text()}`);
    });
    await this.page.goto(url);
  }

  async signIn() {
    await this.page.locator("input[name=user]").fill(this.name);
    await this.page.keyboard.press("Enter");
    await this.online();
  }

  online() { return this.page.locator(".state[data-online=true], .composer").first().waitFor({ state: "attached" }); }

  /** Opens the direct channel with a user, by the finder. */
  async talkTo(user) {
    await this.page.keyboard.press("Control+k");
    await this.page.locator(".finder input").fill(user);
    await this.page.locator(".finder [role=option]", { hasText: user }).first().click();
    await this.title(user);
  }

  /** Makes a group. */
  async makeGroup(name, ...people) {
    await this.page.keyboard.press("Control+k");
    await this.page.locator(".finder [role=option]", { hasText: /New group|新しいグループ/ }).click();
    await this.page.locator("dialog input[name=name]").fill(name);
    for (const user of people) {
      await this.page.locator(".people-field input").fill(user);
      await this.page.locator(`#offered [role=option]`).first().waitFor();
      await this.page.keyboard.press("Enter");
    }
    await this.page.locator("dialog .button.main").click();
    await this.title(name);
  }

  title(text) { return this.page.locator(".talk h1", { hasText: text }).waitFor(); }

  /** Returns a channel's row in the list. */
  row(title) { return this.page.locator(".row").filter({ has: this.page.locator(".name bdi", { hasText: new RegExp(`^${title}$`) }) }); }

  /** Opens a channel from the list. */
  async go(title) {
    await this.row(title).click();
    await this.title(title);
  }

  get area() { return this.page.locator(".composer textarea"); }

  async say(text) {
    await this.area.fill(text);
    if (this.inHand) await this.page.locator(".composer .send").tap(); // Enter is a new line there
    else await this.area.press("Enter");
  }

  /** Picks files by the button beside the text. */
  attach(...files) { return this.page.locator(".composer input[type=file]").setInputFiles(files); }

  /** Drops files on the middle of the conversation, or pastes them into the text. */
  async bring(how, ...files) {
    const data = await this.page.evaluateHandle((all) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of all) transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
      return transfer;
    }, files.map((f) => ({ name: f.name, type: f.mimeType, base64: f.buffer.toString("base64") })));
    if (how === "paste") return this.area.evaluate((area, clipboardData) => area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })), data);
    for (const type of how) await this.page.locator(".talk .log").dispatchEvent(type, { dataTransfer: data });
  }

  message(text) { return this.page.locator(".msg", { hasText: text }); }

  /** Waits until a message of this person's own is stored. */
  stored(text) { return this.message(text).locator(".mark.is-stored, .mark.is-delivered, .mark.is-read").last().waitFor(); }

  /**
   * Waits until something has led to a message. The mark of the message goes after a moment, and
   * the focus stays.
   */
  led(text) { return this.page.locator(".msg:focus", { hasText: text }).waitFor(); }

  texts() { return this.page.locator(".log .msg .body").evaluateAll((all) => all.map((b) => [...b.querySelectorAll(":scope > .text, :scope > .texts")].map((t) => t.innerText).join("\n"))); }

  /** Waits until the log ends with these texts. */
  async sees(...texts) {
    let last = [];
    await until(`${this.name} sees ${JSON.stringify(texts).slice(0, 200)}`, async () => {
      last = (await this.texts()).slice(-texts.length);
      return JSON.stringify(last) === JSON.stringify(texts);
    }).catch((e) => { throw new Error(`${e.message}; there is ${JSON.stringify(last).slice(0, 1000)}`); });
  }

  /** Takes a screenshot if SHOTS names a directory. */
  async shot(name) {
    if (!process.env.SHOTS) return;
    mkdirSync(process.env.SHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(process.env.SHOTS, name + ".png") });
  }

  /** Waits until pictures are there and all movements have ended. */
  async still() {
    await this.page.evaluate(async () => {
      const shown = (img) => img.getBoundingClientRect().width > 0 && !img.complete;
      await Promise.all([...document.images].filter(shown).map((img) => new Promise((go) => { img.onload = img.onerror = go; })));
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
      await Promise.all(document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime)).map((a) => a.finished.catch(() => {})));
    });
  }

  /**
   * Fails if axe finds something. The context needs bypassCSP, so that axe can be put into the
   * page.
   */
  async accessible(name) {
    await this.still();
    if (name) await this.shot(name);
    await this.page.evaluate(axe);
    const violations = await this.page.evaluate(async () => (await axe.run()).violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} (${n.failureSummary?.split("\n")[1]?.trim()})`).join(" ")}`));
    assert.deepEqual(violations, []);
  }

  /** Waits until something has not moved for some frames, and returns its box. */
  async settled(what) {
    await what.evaluate(async (e) => {
      for (let same = 0, before = ""; same < 10; ) {
        await new Promise(requestAnimationFrame);
        const now = JSON.stringify(e.getBoundingClientRect());
        same = now === before ? same + 1 : 0;
        before = now;
      }
    });
    return await what.boundingBox();
  }

  /** Lays a finger on an element. */
  async lay(what) {
    const finger = await Finger.of(this);
    const { x, y, width, height } = await this.settled(what);
    await what.evaluate((e) => {
      delete globalThis.pressed;
      addEventListener("pointerdown", (down) => { globalThis.pressed = { right: e.contains(down.target) }; }, { once: true, capture: true });
    });
    await finger.down(x + Math.min(80, width / 2), y + height / 2);
    const pressed = await this.page.waitForFunction(() => globalThis.pressed);
    assert.ok(await pressed.evaluate((p) => p.right), "the finger came down beside it");
    return finger;
  }

  close() { return this.context.close(); }
}

/** A finger on a phone. Its movements are told in order, so a test need not wait for each. */
class Finger {
  static async of(p) {
    const finger = new Finger();
    finger.cdp = await p.context.newCDPSession(p.page);
    return finger;
  }

  #touch(type, ...touchPoints) { return this.cdp.send("Input.dispatchTouchEvent", { type, touchPoints }); }

  down(x, y) {
    this.at = { x, y };
    return this.#touch("touchStart", this.at);
  }

  move(dx, dy) {
    this.at = { x: this.at.x + dx, y: this.at.y + dy };
    return this.#touch("touchMove", this.at);
  }

  lift() { return this.#touch("touchEnd"); }
}
