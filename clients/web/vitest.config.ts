import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { natterjack: fileURLToPath(new URL("../ts/src/index.ts", import.meta.url)) } },
  test: { include: ["src/**/*.test.ts"], environment: "node", setupFiles: ["src/test.setup.ts"] },
});
