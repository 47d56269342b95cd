import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type Plugin, type ResolvedConfig, type Rolldown } from "vite";

const large = /emoji/; // not needed to open the app: it comes when somebody looks for an emoji

/**
 * Builds the service worker once everything else is built, into one file that imports nothing:
 * sw.js. The worker knows all files of the build, so any change of them makes another worker, which
 * is how browsers learn of a new build.
 */
export function worker(source: string): Plugin {
  let config: ResolvedConfig;
  return {
    name: "natterjack-worker",
    apply: "build",
    configResolved: (resolved) => void (config = resolved),
    async closeBundle() {
      if (config.configFile === undefined) return; // the build of the worker itself
      const { outDir } = config.build;
      writeFileSync(path.join(outDir, "sw.js"), await bundled(source, describe(outDir), config));
    },
  };
}

/** Describes the build to its worker, as its type Build has it. */
function describe(outDir: string): { version: string; files: string[]; named: string[] } {
  const page = readFileSync(path.join(outDir, "index.html"), "utf8");
  const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((m) => m[1]!);
  const assets = readdirSync(path.join(outDir, "assets")).filter((name) => !large.test(name)).map((name) => `/assets/${name}`);
  const icons = readdirSync(path.join(outDir, "app")).map((name) => `/app/${name}`);
  const files = [...new Set([...named, ...assets, ...icons])].sort();
  const hash = createHash("sha256").update(page).update(files.join("\n"));
  for (const icon of icons) hash.update(readFileSync(path.join(outDir, icon))); // their names say nothing of their content
  return { version: hash.digest("hex").slice(0, 16), files, named };
}

async function bundled(source: string, about: object, { resolve, build: { target } }: ResolvedConfig): Promise<string> {
  const out = await build({
    configFile: false,
    logLevel: "warn",
    resolve: { alias: resolve.alias },
    define: { __BUILD__: JSON.stringify(about) },
    build: { write: false, target, modulePreload: false, rolldownOptions: { input: source, output: { format: "iife", codeSplitting: false } } },
  });
  const { output } = (Array.isArray(out) ? out[0] : out) as Rolldown.RolldownOutput;
  if (output.length !== 1) throw new Error(`the worker has ${output.length} files, and must have one`);
  return (output[0] as Rolldown.OutputChunk).code;
}
