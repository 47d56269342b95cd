import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { emoji } from "./build/emoji.ts";
import { worker } from "./build/worker.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [emoji(), worker(here("src/worker/main.ts"))],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias: { natterjack: here("../ts/src/index.ts") } },
  build: {
    target: "es2022",
    outDir: here("../../server/internal/page/dist"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy admits no script or style but those of files
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: true,
  },
  server: {
    fs: { allow: [here("..")] },
    proxy: { "/v1": { target: process.env["SERVER"] ?? "http://127.0.0.1:8080", ws: true } },
  },
});
