import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    binary: string;
  }
}

/** Builds the server once for all tests. NATTERJACK names a binary that is there already. */
export default function setup(project: TestProject): (() => void) | undefined {
  const given = process.env["NATTERJACK"];
  if (given) {
    project.provide("binary", path.resolve(given));
    return undefined;
  }
  const dir = mkdtempSync(path.join(tmpdir(), "natterjack-ts-"));
  const binary = path.join(dir, "natterjack");
  execFileSync("go", ["build", "-o", binary, "./server"], { cwd: path.resolve(import.meta.dirname, "../../.."), stdio: "inherit" });
  project.provide("binary", binary);
  return () => rmSync(dir, { recursive: true, force: true });
}
