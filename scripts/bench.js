// Bundles a benchmark as scripts/build.js does the command, so that both run the same kind of code, and runs it.
import { execFileSync, spawn } from "node:child_process";
import { build } from "esbuild";

const sources = {
  admission: "test/bench/main.ts",
  cluster: "test/bench/cluster/main.ts",
  controllers: "test/bench/controllers/main.ts",
  console: "test/bench/console/main.ts",
};

const [name = "", ...options] = process.argv.slice(2);
const main = sources[name];
if (main === undefined) {
  process.stderr.write(`bench: "${name}" is none of ${Object.keys(sources).join(", ")}\n`);
  process.exit(2);
}

// What is measured is what is in the sources now.
execFileSync(process.execPath, ["scripts/build.js"], { stdio: "inherit" });

const outdir = `dist/bench-${name}`;
await build({
  entryPoints: {
    main,
    // Started as a program of its own, and looked for beside the bundle.
    "socket-to-port": "test/e2e/harness/socket-to-port.js",
  },
  outdir,
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

const bench = spawn(process.execPath, ["--enable-source-maps", `${outdir}/main.js`, ...options], {
  stdio: "inherit",
});
// Ctrl-C reaches both; the benchmark stops what it started and ends, and this process with it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => bench.kill(signal));
bench.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
