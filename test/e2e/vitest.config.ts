import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  // Scripts and manifests are imported as text, as the bundler does it (scripts/build.js).
  plugins: [
    {
      name: "files-as-text",
      enforce: "pre",
      load: (id) =>
        /\.(sh|yaml)$/.test(id) ? `export default ${JSON.stringify(readFileSync(id, "utf8"))};` : undefined,
    },
  ],
  test: {
    include: ["test/e2e/**/*.e2e.ts"],
    globalSetup: ["test/e2e/harness/global-setup.ts"],
    // Each file has a cluster of its own, and two would only wait for each other.
    fileParallelism: false,
    pool: "forks",
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
