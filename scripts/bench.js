// Bundles the benchmark as scripts/build.js does the command, so that both run the same kind of code, and runs it.
import { execFileSync, spawn } from "node:child_process";
import { build } from "esbuild";

// What is measured is what is in the sources now.
execFileSync(process.execPath, ["scripts/build.js"], { stdio: "inherit" });

await build({
  entryPoints: { bench: "test/bench/main.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  loader: { ".sh": "text", ".yaml": "text" },
  // The load tool looks for files of its own beside itself.
  external: ["autocannon"],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});

const bench = spawn(process.execPath, ["--enable-source-maps", "dist/bench.js", ...process.argv.slice(2)], {
  stdio: "inherit",
});
// Ctrl-C reaches both; the benchmark stops its servers and ends, and this process with it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => bench.kill(signal));
bench.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
