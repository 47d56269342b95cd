import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/build.ts"],
    testTimeout: 60_000, // for anything that is waited for: the machine may be busy
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
