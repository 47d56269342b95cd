// What a first visit loads is small. This reads the built files alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { root } from "./server.mjs";

const dist = path.join(root, "server/internal/page/dist");
const most = 60_000; // bytes of script and style, compressed, before anything is loaded lazily

/** Returns what index.html names, and every script that these import when they start. */
function first() {
  const html = readFileSync(path.join(dist, "index.html"), "utf8");
  const found = new Set([...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((m) => m[1]));
  for (const file of found) {
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(path.join(dist, file), "utf8");
    for (const [, from] of text.matchAll(/(?:^|[;}\s])(?:import|export)\s*(?:[\w$*{}\s,]+?\s*from\s*)?["']\.\/([^"']+\.js)["']/g)) found.add(path.posix.join(path.posix.dirname(file), from));
  }
  return [...found];
}

test("script and style of the first load are less than 60 KB, compressed", (t) => {
  const sizes = first().map((file) => [file, gzipSync(readFileSync(path.join(dist, file)), { level: 9 }).length]);
  const sum = sizes.reduce((n, [, size]) => n + size, 0);
  assert.ok(sizes.length > 5 && sizes.some(([file]) => file.endsWith(".css")), "the files of index.html were not found");
  t.diagnostic(`${sum} bytes in ${sizes.length} files`);
  assert.ok(sum < most, `it is ${sum} bytes: ${JSON.stringify(sizes.sort((a, b) => b[1] - a[1]))}`);
});
