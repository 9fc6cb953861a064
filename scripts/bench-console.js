// Bundles the benchmark of the console as scripts/build.js does the command, and runs it.
import { execFileSync, spawn } from "node:child_process";
import { build } from "esbuild";

// What is measured is what is in the sources now.
execFileSync(process.execPath, ["scripts/build.js"], { stdio: "inherit" });

await build({
  entryPoints: { main: "test/bench/console/main.ts" },
  outdir: "dist/bench-console",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  loader: { ".sh": "text", ".yaml": "text" },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});

const argv = ["--enable-source-maps", "dist/bench-console/main.js", ...process.argv.slice(2)];
const bench = spawn(process.execPath, argv, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => bench.kill(signal));
bench.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
