// The log stays where the user reads, whatever comes above and below.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, Person } from "./person.mjs";
import { Server, until, wide } from "./server.mjs";
import { png } from "./files.mjs";
import { tasks } from "./trace.mjs";

const total = 10_000;
const mounted = 420; // rows that may be in the page at the same time, however long the history is

let browser, server, alice;

before(async () => {
  server = await Server.start({ limits: wide });
  browser = await launch();
  const send = (n) => ({ type: "send", to: "bob", client_id: `m${n}`, content: { text: textOf(n) } });
  for (let n = 1; n <= total; n += 1000) await server.as("alice", ...Array.from({ length: 1000 }, (_, i) => send(n + i)));
  alice = await Person.arrive(browser, server, "alice");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

// The texts have different heights, so that a wrong sum of heights is seen.
const textOf = (n) => `note ${n}` + (n % 7 === 0 ? "\n" + "the marsh was loud last night. ".repeat(n % 13) : "");

/** Functions that run in the page, and watch rows while other things happen. */
const inPage = {
  /**
   * Watches the first rows on screen until a condition holds, and returns how far they moved at
   * most.
   */
  still: async ({ until, top, below }) => {
    const log = document.querySelector(".log"), box = log.getBoundingClientRect();
    const before = [...log.querySelectorAll(".msg")];
    log.scrollTop = top ?? log.scrollHeight - log.clientHeight - below;
    const rows = [...log.querySelectorAll(".msg")].filter((r) => r.getBoundingClientRect().top > box.top && r.getBoundingClientRect().bottom < box.bottom);
    const bottoms = rows.map((r) => r.getBoundingClientRect().bottom); // the lower edges, because a name above a text may come or go
    const first = before[0].dataset.key, last = before.at(-1).dataset.key;
    const changed = { older: () => log.querySelector(".msg").dataset.key !== first, newer: () => [...log.querySelectorAll(".msg")].at(-1).dataset.key !== last }[until];
    let worst = 0;
    const look = () => { rows.forEach((r, i) => { worst = Math.max(worst, r.isConnected ? Math.abs(r.getBoundingClientRect().bottom - bottoms[i]) : Infinity); }); };
    const end = performance.now() + 15_000;
    while (!changed() && performance.now() < end) { await new Promise(requestAnimationFrame); look(); }
    for (let i = 0; i < 10; i++) { await new Promise(requestAnimationFrame); look(); }
    return { worst, rows: rows.length, changed: changed() };
  },
  /** Scrolls by steps, and returns how far a row was from where the step should have brought it. */
  travel: async ({ step, until }) => {
    const log = document.querySelector(".log");
    const seqOf = (r) => Number(r.dataset.seq);
    const all = () => [...log.querySelectorAll(".msg[data-seq]")];
    let worst = 0, most = 0, seen = 0, waits = 0;
    for (let n = 0; n < 20_000; n++) {
      const rows = all();
      most = Math.max(most, rows.length);
      const edge = step < 0 ? seqOf(rows[0]) : seqOf(rows.at(-1));
      if (step < 0 && until > 1 && edge <= until) break; // far enough
      if (edge === until && (step < 0 ? log.scrollTop <= 0 : log.scrollHeight - log.clientHeight - log.scrollTop <= 1)) break;
      const box = log.getBoundingClientRect();
      const row = rows.find((r) => r.getBoundingClientRect().bottom > box.top + 100) ?? rows.at(-1);
      const room = step < 0 ? -log.scrollTop : log.scrollHeight - log.clientHeight - log.scrollTop;
      const by = step < 0 ? Math.max(step, room) : Math.min(step, room);
      const bottom = row.getBoundingClientRect().bottom;
      log.scrollTop += by;
      await new Promise(requestAnimationFrame);
      await new Promise((go) => setTimeout(go));
      if (Math.abs(by) < 1) { if (waits++ > 2000) break; continue; }
      waits = 0;
      if (row.isConnected) { worst = Math.max(worst, Math.abs(row.getBoundingClientRect().bottom - (bottom - by))); seen++; }
    }
    const rows = all();
    const offers = [...document.querySelectorAll(".jump")].map((b) => b.textContent);
    return { worst, most, seen, first: seqOf(rows[0]), last: seqOf(rows.at(-1)), offers };
  },
};

const openBob = async () => {
  await alice.go("bob");
  await alice.message(`note ${total}`).last().waitFor();
};

test("older messages come above without moving what is read", async () => {
  await openBob();
  for (const top of [400, 0, 200, 1, 0]) {
    const { worst, rows, changed } = await alice.page.evaluate(inPage.still, { until: "older", top });
    assert.ok(changed && rows > 3, "nothing older came");
    assert.ok(worst < 1, `from ${top} rows moved by ${worst} px`);
  }
});

test("who scrolls away from the end goes there, whatever changes in the same moment", async () => {
  await openNewest();
  const { before, after, grown } = await alice.page.evaluate(async () => {
    const log = document.querySelector(".log");
    const below = () => log.scrollHeight - log.clientHeight - log.scrollTop;
    const frame = () => new Promise(requestAnimationFrame);
    await frame(); // work that is done now is laid out before the browser tells of the scrolling
    const before = below();
    log.scrollTop -= 700;
    const last = [...log.querySelectorAll(".msg")].at(-1), height = last.offsetHeight;
    last.style.paddingBottom = "40px";
    const grown = last.offsetHeight - height;
    await frame();
    await frame();
    return { before, after: below(), grown };
  });
  assert.ok(before < 2, `it begins at the end, ${before} px from it`);
  assert.ok(grown > 0 && Math.abs(after - before - 700 - grown) < 1, `it is ${after} px from the end, which grew by ${grown}`);
});

test("ten thousand messages are scrolled through to the first, and back to the last", async (t) => {
  await openNewest();
  await alice.page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((l) => window.tasks.push(...l.getEntries().map((e) => Math.round(e.duration)))).observe({ type: "longtask" });
  });
  const up = await alice.page.evaluate(inPage.travel, { step: -700, until: 1 });
  assert.equal(up.first, 1, `the first message; on screen are ${up.offers}`);
  assert.ok(up.worst < 1, `on the way up a row was off by ${up.worst} px`);
  assert.ok(up.most <= mounted, `${up.most} rows were in the page`);
  assert.ok(up.seen > 200);
  const down = await alice.page.evaluate(inPage.travel, { step: 900, until: total });
  assert.equal(down.last, total, `the last message; on screen are ${down.offers}`);
  assert.ok(down.worst < 1, `on the way down a row was off by ${down.worst} px`);
  assert.ok(down.most <= mounted, `${down.most} rows were in the page`);
  const tasks = await alice.page.evaluate(() => window.tasks); // it is only reported, because the machine may be busy
  t.diagnostic(`${tasks.length} tasks over 50 ms, the longest ${Math.max(0, ...tasks)} ms`);
});

test("no task takes 50 ms of CPU while one scrolls", async (t) => {
  const longest = [];
  for (const edge of [9000, 8000, 7000]) { // a slow page is slow each time, and a busy machine is not
    if (edge === 9000) await openNewest();
    const all = await tasks(browser, () => alice.page.evaluate(inPage.travel, { step: -700, until: edge }));
    assert.ok(all.length > 100, "nothing was traced");
    longest.push(all[0]);
    if (all[0] < 50) break;
  }
  t.diagnostic(`the longest took ${longest.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  assert.ok(Math.min(...longest) < 50, `the longest took ${longest} ms`);
});

test("from a link to a message, newer ones come below without moving what is read", async () => {
  await alice.page.goto(`${server.url}/c/alice~bob/5000`);
  const target = alice.page.locator('.msg[data-seq="5000"]');
  await target.waitFor();
  const box = await target.boundingBox();
  assert.ok(box.y > 56 && box.y < 700, `the message is on screen, at ${box.y}`);
  assert.equal(await target.evaluate((row) => row === document.activeElement), true, "a jump puts the focus on the message");
  const { worst, changed } = await alice.page.evaluate(inPage.still, { until: "newer", below: 100 });
  assert.ok(changed, "nothing newer came");
  assert.ok(worst < 1, `rows moved by ${worst} px`);
});

test("who comes to the end of what is loaded while a page is read gets the next one", async () => {
  await alice.page.goto(`${server.url}/c/alice~bob/4000`);
  await alice.page.locator('.msg[data-seq="4000"]').waitFor();
  await until("it is quiet", () => alice.page.evaluate(() => document.querySelector(".log").ariaBusy !== "true"));
  const came = await alice.page.evaluate(async () => {
    const log = document.querySelector(".log"), later = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => later(act, ms ?? 300, ...rest); // in this test a page counts as read long after it is drawn
    const last = () => Number([...log.querySelectorAll(".msg[data-seq]")].at(-1).dataset.seq);
    const toEnd = () => { log.scrollTop = log.scrollHeight; };
    const first = last(), observer = new MutationObserver(toEnd);
    observer.observe(log, { childList: true, subtree: true });
    toEnd();
    for (const end = performance.now() + 15_000; last() < first + 200 && performance.now() < end;) await new Promise(requestAnimationFrame);
    observer.disconnect();
    window.setTimeout = later;
    return last() - first;
  });
  assert.ok(came >= 200, `it ended after ${came} messages`);
});

test("what grows above moves nothing", async () => {
  await alice.page.goto(`${server.url}/c/alice~bob/3000`);
  await alice.page.locator('.msg[data-seq="3000"]').waitFor();
  await until("it is quiet", () => alice.page.evaluate(() => document.querySelector(".log").ariaBusy !== "true"));
  const worst = await alice.page.evaluate(async () => {
    const log = document.querySelector(".log"), row = log.querySelector('.msg[data-seq="3000"]');
    const top = row.getBoundingClientRect().top;
    let worst = 0;
    for (const [seq, height] of [[2977, 333], [2976, 77], [2977, 20]]) {
      log.querySelector(`.msg[data-seq="${seq}"]`).style.height = `${height}px`;
      for (let i = 0; i < 3; i++) { await new Promise(requestAnimationFrame); await new Promise((go) => setTimeout(go)); worst = Math.max(worst, Math.abs(row.getBoundingClientRect().top - top)); }
    }
    return worst;
  });
  assert.ok(worst < 1, `it moved by ${worst} px`);
});

test("who writes while scrolled back stays there, and is told", async () => {
  await openNewest();
  await alice.page.locator(".log").evaluate((log) => { log.scrollTop -= 3000; });
  await alice.page.locator(".jump", { hasText: "To the newest" }).waitFor();
  const row = await alice.page.evaluateHandle(() => {
    const log = document.querySelector(".log"), box = log.getBoundingClientRect();
    return [...log.querySelectorAll(".msg")].find((r) => r.getBoundingClientRect().top > box.top + 100);
  });
  const before = await row.evaluate((r) => r.getBoundingClientRect().top);
  await alice.say("written from afar");
  await until("it is stored", async () => (await server.as("alice", { type: "history", channel: "alice~bob", limit: 1 }))[0].events[0].content.text === "written from afar");
  await alice.page.waitForFunction(() => document.querySelector(".row[aria-current] .last").textContent.includes("written from afar"));
  const after = await row.evaluate((r) => r.getBoundingClientRect().top);
  assert.ok(Math.abs(after - before) < 1, `it moved by ${after - before} px`);
  await alice.page.locator(".jump", { hasText: "To the newest" }).click();
  await alice.message("written from afar").waitFor();
  await until("the end is on screen", () => alice.page.locator(".log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 2));
});

test("a picture that loads above moves nothing", async (t) => {
  const server = await Server.start();
  t.after(() => server.close());
  const alice = await Person.arrive(browser, server, "alice");
  await server.as("alice", ...Array.from({ length: 20 }, (_, i) => ({ type: "send", to: "bob", client_id: `a${i}`, content: { text: `above ${i}` } })));
  const bob = await Person.arrive(browser, server, "bob");
  await bob.talkTo("alice");
  await bob.attach(png("reeds.png", 600, 900));
  await bob.page.locator(".tray > li").waitFor();
  await bob.area.press("Enter");
  await bob.page.locator(".msg[data-seq] .photo img").waitFor(); // the picture is stored, and not just on its way
  await bob.close();
  await server.as("bob", ...Array.from({ length: 20 }, (_, i) => ({ type: "send", to: "alice", client_id: `p${i}`, content: { text: `below ${i}` } })));
  let release;
  const held = new Promise((go) => { release = go; });
  await alice.page.route((url) => url.port !== new URL(server.url).port, async (route) => { await held; await route.continue(); }); // requests to media storage
  await alice.page.goto(`${server.url}/c/alice~bob`);
  await alice.message("below 19").waitFor();
  const photo = alice.page.locator(".msg .photo").last();
  await photo.scrollIntoViewIfNeeded();
  await alice.page.locator(".log").evaluate((log) => {
    log.scrollTop += [...log.querySelectorAll(".photo")].at(-1).getBoundingClientRect().bottom - log.getBoundingClientRect().top + 1;
  });
  const loaded = () => photo.evaluate((p) => (p.querySelector("img")?.naturalWidth ?? 0) > 0);
  assert.equal(await loaded(), false);
  const row = await alice.page.evaluateHandle(() => {
    const box = document.querySelector(".log").getBoundingClientRect();
    return [...document.querySelectorAll(".log .msg")].find((r) => r.getBoundingClientRect().top > box.top);
  });
  await alice.settled(row);
  await row.evaluate((r) => { // looks at each frame from here on
    const before = r.getBoundingClientRect().top;
    globalThis.worst = 0;
    const look = () => {
      globalThis.worst = Math.max(globalThis.worst, Math.abs(r.getBoundingClientRect().top - before));
      requestAnimationFrame(look);
    };
    look();
  });
  release();
  await until("the picture is there", loaded);
  await alice.settled(row);
  const worst = await alice.page.evaluate(() => globalThis.worst);
  assert.ok(worst < 1, `it moved by ${worst} px`);
  await alice.close();
});

test("the end stays on screen while messages come and the composer grows", async () => {
  const atEnd = () => alice.page.locator(".log").evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 2);
  await server.as("bob", ...Array.from({ length: 60 }, (_, i) => ({ type: "send", to: "alice", client_id: `b${i}`, content: { text: `from bob ${i}` } })));
  await alice.message("from bob 59").waitFor();
  await until("the end is on screen", atEnd);
  await alice.area.fill("one\ntwo\nthree\nfour\nfive\nsix");
  await until("the end is still on screen", atEnd);
  await alice.area.fill("");
});

async function openNewest() {
  await alice.page.goto(`${server.url}/c/alice~bob`);
  await until("the end is there", () => alice.page.evaluate((n) => [...document.querySelectorAll(".msg[data-seq]")].at(-1)?.dataset.seq === String(n), total));
}

test("no window complained", () => assert.deepEqual(Person.complaints, []));
