import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Browser } from "./scope.testing.ts";
import type { Build } from "./world.ts";

const build = (version: string): Build => ({ version, files: [`/assets/a-${version}.js`, `/assets/lazy-${version}.js`, "/app/icon.png"], named: [`/assets/a-${version}.js`] });

/**
 * Returns a server with a build. Its page names a file of that build. It has no file of another
 * build.
 */
const server = (version: string) => (path: string): Response => {
  if (path === "/app/icon.png") return new Response(`icon ${version}`);
  if (path.startsWith("/assets/")) return build(version).files.includes(path) ? new Response(path) : new Response("", { status: 404 });
  return new Response(`<script src="/assets/a-${version}.js">`);
};
const gone = (): Response => {
  throw new TypeError("there is no network");
};
const text = async (r: Promise<Response> | undefined): Promise<string> => await (await r!).text();

let b: Browser;

beforeEach(async () => {
  b = new Browser(build("1"));
  b.network = server("1");
  await b.happen("install");
  await b.happen("activate");
});

afterEach(() => vi.useRealTimers());

test("the app opens without a network, at each of its addresses", async () => {
  b.network = gone;
  for (const path of ["/", "/c/alice~bob/7", "/settings", "/settings/profile", "/join/gabc"]) expect(await text(b.open(path))).toContain("/assets/a-1.js");
  expect(await text(b.load("/assets/lazy-1.js"))).toBe("/assets/lazy-1.js");
  expect(await text(b.load("/app/icon.png"))).toBe("icon 1");
});

test("with a network the page and the icons are those of the server", async () => {
  b.network = server("2");
  expect(await text(b.open("/"))).toContain("/assets/a-2.js");
  expect(await text(b.load("/app/icon.png"))).toBe("icon 2");
});

test("a file whose name has its hash is not asked for again", async () => {
  b.fetched.length = 0;
  await b.load("/assets/a-1.js");
  expect(b.fetched).toEqual([]);
});

test("a server that is about to start again, or hardly answers, gives way to the page that is kept", async () => {
  b.network = () => new Response("starting", { status: 502 });
  expect(await text(b.open("/"))).toContain("/assets/a-1.js");
  vi.useFakeTimers();
  b.network = (() => new Promise(() => {})) as never;
  const opened = text(b.open("/"));
  await vi.advanceTimersByTimeAsync(4000);
  expect(await opened).toContain("/assets/a-1.js");
});

test("what is not of the app is left to the browser", async () => {
  b.fetched.length = 0;
  expect(b.open("/readyz")).toBeUndefined();
  expect(b.load("/v1/signin")).toBeUndefined();
  expect(b.request({ url: "https://media.example/m/1", method: "GET", mode: "cors" })).toBeUndefined();
  expect(b.request({ url: "https://chat.example/", method: "POST", mode: "navigate" })).toBeUndefined();
  expect(b.fetched).toEqual([]);
});

test("a build is taken in whole, or not at all", async () => {
  const rolling = new Browser(build("2"));
  rolling.network = server("1"); // another node, which has the build of before
  await expect(rolling.happen("install")).rejects.toThrow("not of this build");
  rolling.network = (path) => (path.includes("lazy") ? new Response("", { status: 404 }) : server("2")(path));
  await expect(rolling.happen("install")).rejects.toThrow("missing");
  expect(await rolling.caches.keys()).toEqual([]);
  expect(rolling.skipped).toBe(0);
});

test("a worker of the same build that cannot be taken in leaves what is kept", async () => {
  b.network = (path) => (path.includes("lazy") ? gone() : server("1")(path));
  await expect(b.happen("install")).rejects.toThrow("no network");
  b.network = gone;
  expect(await text(b.open("/"))).toContain("/assets/a-1.js");
});

test("windows of the builds before still get their parts, and older builds go", async () => {
  const next = new Browser(build("5"));
  next.network = server("5");
  for (const version of ["2", "3", "4"]) next.caches.all.set(`natterjack-shell-${version}`, new Map([[`/assets/lazy-${version}.js`, new Response(version)]]));
  next.caches.all.set("somebody else's", new Map());
  await next.happen("install");
  await next.happen("activate");
  expect(await next.caches.keys()).toEqual(["natterjack-shell-3", "natterjack-shell-4", "somebody else's", "natterjack-shell-5"]);
  expect(next.claimed).toBe(1);
  next.network = gone;
  expect(await text(next.load("/assets/lazy-4.js"))).toBe("4");
  expect(await text(next.open("/"))).toContain("/assets/a-5.js"); // and never the page of a build before
});
