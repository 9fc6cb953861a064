import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** They measure, or want a machine that does nothing else: one after the other, when all others are done. */
const timed = ["circumstances", "claims", "clock", "retry-after", "rolling"].map(
  (name) => `test/e2e/${name}.e2e.ts`,
);

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
    globalSetup: ["test/e2e/harness/global-setup.ts"],
    pool: "forks",
    testTimeout: 300_000,
    hookTimeout: 900_000,
    // Each file has a cluster of its own, and mostly waits: for leases, drains, pauses.
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["test/e2e/*.e2e.ts"],
          exclude: timed,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "alone", include: timed, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
