// Measures the web app: first load, interactions at a quarter of the speed, and a long day in one
// tab. It asserts nothing. It prints a table, which is to be read on a calm machine. --soak N
// receives N messages. --only-frames measures the CPU of interactions alone, which needs no calm
// machine.

import { loadavg } from "node:os";
import { launch, Person } from "./person.mjs";
import { Server, until, wide } from "./server.mjs";
import { untilDrawn } from "./trace.mjs";

const slow = 4; // the factor by which the processor is slowed down
const wanted = process.argv.slice(2);
const soakMessages = Number(wanted[wanted.indexOf("--soak") + 1]) || 100_000;
const rows = [];
const few = wanted.includes("--only-frames");
const row = (what, value, limit) => { rows.push({ what, value, limit }); console.log(`${what}: ${value}${limit ? ` (at most ${limit})` : ""}`); };

/**
 * Runs before any script of a page: it notes when the list is there, and how long interactions
 * take.
 */
const watch = () => {
  window.seen = { events: [], list: 0, tasks: [] };
  new PerformanceObserver((l) => { for (const e of l.getEntries()) if (e.interactionId) window.seen.events.push([e.name, Math.round(e.duration)]); }).observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((l) => { for (const e of l.getEntries()) window.seen.tasks.push(Math.round(e.duration)); }).observe({ type: "longtask", buffered: true });
  const look = () => {
    if (document.querySelector(".row")) window.seen.list = performance.now();
    else requestAnimationFrame(look);
  };
  addEventListener("DOMContentLoaded", look);
};

const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];

async function channels(server, n) {
  for (let i = 0; i < n; i += 500) {
    const part = Array.from({ length: Math.min(500, n - i) }, (_, j) => i + j);
    await server.as("alice", ...part.map((k) => ({ type: "send", to: `person-${k}`, client_id: `c${k}`, content: { text: `hello ${k}` } })));
  }
}

/** Opens the app of a user with a number of channels. */
async function visit(browser, n) {
  const server = await Server.start({ limits: wide });
  await channels(server, n);
  const p = await Person.arrive(browser, server, "alice");
  await p.context.addInitScript(watch);
  const cdp = await p.context.newCDPSession(p.page);
  return { n, server, p, pace: (rate) => cdp.send("Emulation.setCPUThrottlingRate", { rate }), list: [], interactive: [] };
}

const reload = async (p) => {
  await p.page.reload();
  await p.page.locator(".row").first().waitFor();
  await p.page.waitForFunction(() => window.seen.list > 0);
  return await p.page.evaluate(() => window.seen.list);
};

/**
 * Loads the app again and again, with few and with many channels in turn, so that a busy moment
 * hits both.
 */
async function loads(visits) {
  for (const { p } of visits) await p.page.waitForTimeout(4000); // the time to load and store the rest in the background
  for (let i = 0; i < 9; i++) for (const { p, list } of visits) list.push(await reload(p));
  for (let i = 0; i < 9; i++) {
    for (const { p, pace, interactive } of visits) {
      await pace(slow);
      await reload(p);
      await p.online();
      interactive.push(await p.page.evaluate(() => { const last = performance.getEntriesByType("longtask").at(-1); return Math.max(window.seen.list, last ? last.startTime + last.duration : 0); }));
      await pace(1);
      await p.page.waitForTimeout(1000); // what it reads now must not fall into the next load
    }
  }
  for (const { n, list, interactive } of visits) {
    row(`list after a warm reload, ${n} channels`, `${Math.round(median(list))} ms`, "300 ms");
    row(`interactive at ${slow}×, ${n} channels`, `${Math.round(median(interactive))} ms`, "1000 ms");
  }
}

/** Measures first loads and interactions. */
async function app(browser) {
  const visits = [];
  for (const n of few ? [5000] : [50, 5000]) visits.push(await visit(browser, n));
  if (!few) await loads(visits);
  const { p, pace } = visits.at(-1);
  await frames(browser, p);
  if (!few) {
    await reload(p); // so that the next opening is a first one again
    await p.online();
    await p.page.waitForTimeout(4000);
    await pace(slow);
    await interactions(p);
  }
  for (const v of visits) {
    await v.p.close();
    await v.server.close();
  }
}

async function interactions(p) {
  const measure = async (what, act) => {
    await p.page.waitForTimeout(500);
    await p.page.evaluate(() => { window.seen.events.length = 0; });
    await act();
    await p.page.waitForTimeout(800);
    const all = await p.page.evaluate(() => window.seen.events.map(([, d]) => d));
    row(`INP at ${slow}×: ${what}`, `${Math.max(16, ...all)} ms, median ${median(all) ?? "< 16"} ms`, "100 ms");
  };
  await p.page.locator(".row").first().click();
  await p.area.waitFor();
  await measure("typing", () => p.area.pressSequentially("the marsh was loud last night", { delay: 60 }));
  await p.area.fill("");
  await measure("switching channels", async () => {
    for (let i = 1; i < 8; i++) {
      await p.page.locator(".row").nth(i).click();
      await p.page.waitForTimeout(300);
    }
  });
  for (let i = 0; i < 3; i++) {
    await measure(`opening the finder, ${["first", "second", "third"][i]} time`, async () => {
      await p.page.keyboard.press("Control+k");
      await p.page.locator(".finder [role=option]").first().waitFor();
    });
    if (i === 1) await measure("typing into the finder", () => p.page.locator(".finder input").pressSequentially("person-49", { delay: 80 }));
    await p.page.keyboard.press("Escape");
  }
}

/**
 * Measures how much CPU the way from a press or a key to the next frame takes, at full speed. That
 * needs no calm machine.
 */
async function frames(browser, p) {
  const measure = async (what, type, act) => {
    const taken = await untilDrawn(browser, type, act);
    row(`CPU until the next frame: ${what}`, `${taken.map((ms) => ms.toFixed(1)).join(", ")} ms, median ${median(taken)?.toFixed(1)} ms`, `${100 / slow} ms`);
  };
  await p.page.waitForTimeout(3000); // the time to load what waits for an idle page
  for (const [i, time] of ["first", "second", "third"].entries()) {
    await measure(`opening the finder, ${time} time (Ctrl, then K)`, "keydown", async () => {
      await p.page.keyboard.press("Control+k");
      await p.page.locator(".finder [role=option]").first().waitFor();
    });
    if (i === 2) await measure("typing into the finder", "keypress", () => p.page.locator(".finder input").pressSequentially("person-49", { delay: 200 }));
    await p.page.keyboard.press("Escape");
    await p.page.waitForTimeout(500);
  }
  await measure("switching channels", "click", async () => {
    for (let k = 0; k < 8; k++) {
      await p.page.locator(".row").nth(k).click();
      await p.page.waitForTimeout(700);
    }
  });
  await measure("typing", "keypress", () => p.area.pressSequentially("the marsh was loud", { delay: 200 }));
  await p.area.fill("");
}

/** Measures what one tab holds after a number of messages in 200 channels. */
async function soak(browser) {
  const server = await Server.start({ limits: wide });
  const groups = 200, half = soakMessages / 2;
  const send = (k, i) => ({ type: "send", to: `person-${k % groups}`, client_id: `s${i}`, content: { text: `note ${i}: the marsh was loud last night` } });
  await server.as("alice", ...Array.from({ length: groups }, (_, k) => send(k, `first-${k}`)));
  const p = await Person.arrive(browser, server, "alice");
  const cdp = await p.context.newCDPSession(p.page);
  const heap = async () => {
    for (let i = 0; i < 3; i++) await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
  };
  const receive = async (from, to) => {
    for (let i = from; i < to; i += 1000) {
      const k = (i / 1000) % groups; // half of a thousand messages come from one person, the others go to everybody
      const n = Math.min(1000, to - i), other = `person-${k}`;
      await Promise.all([
        server.as(other, ...Array.from({ length: n / 2 }, (_, j) => ({ ...send(k, i + j), to: "alice" }))),
        server.as("alice", ...Array.from({ length: n / 2 }, (_, j) => send(j, i + n / 2 + j))),
      ]);
      await p.page.keyboard.press("Alt+ArrowDown");
      await p.page.locator(".log").evaluate(async (log) => {
        for (let n = 0; n < 40; n++) { log.scrollTop += n < 30 ? -900 : 9000; await new Promise(requestAnimationFrame); }
      }).catch(() => {}); // another channel has been opened
    }
    await server.as("alice", send(0, `end-${to}`));
    await until("the last has come", () => p.page.locator(".list", { hasText: `note end-${to}:` }).isVisible(), 120_000);
  };
  const marks = [await heap()];
  for (let quarter = 0; quarter < 4; quarter++) {
    await receive((quarter * half) / 2, ((quarter + 1) * half) / 2);
    marks.push(await heap());
  }
  row(`heap after 0, ¼, ½, ¾, 1 of ${soakMessages} messages`, marks.map((m) => m.toFixed(1)).join(", ") + " MB", "60 MB");
  await p.close();
  await server.close();
}

const browser = await launch();
console.log(`load ${loadavg().map((l) => l.toFixed(1)).join(" ")}`);
try {
  if (!wanted.includes("--only-soak")) await app(browser);
  if (!few && !wanted.includes("--no-soak")) await soak(browser);
} finally {
  await browser.close();
  console.log(`load ${loadavg().map((l) => l.toFixed(1)).join(" ")}`);
  console.table(rows);
}
