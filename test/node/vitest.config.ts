import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: ["test/node/**/*.e2e.ts"],
    globalSetup: ["test/node/global-setup.ts"],
    // One node for all cases, several of them at a time on it: most of a case is waiting.
    pool: "forks",
    maxConcurrency: 4,
    testTimeout: 420_000,
    hookTimeout: 600_000,
  },
});
