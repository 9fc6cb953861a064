import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
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
    include: ["test/**/*.test.ts"],
    // No module is mocked anywhere, so the files may share one module graph: 2-4 times faster.
    isolate: false,
    pool: "threads",
    // Generous, for a busy machine: what hangs is told all the same.
    testTimeout: 120_000,
    // What is waited for comes at once, but not on a machine that others load.
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 120_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/types/**"],
      reporter: ["text-summary", "html"],
    },
  },
});
