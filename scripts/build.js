// Bundles the command into one file: it starts in less than half the time of the unbundled tree.
import { build } from "esbuild";
import { shakeClientNode } from "./shake-client-node.js";

// The CommonJS libraries inside the bundle call require().
const banner = {
  js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
};

const bundle = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // Tests build into a folder of their own.
  outdir: process.argv[2] ?? "dist",
  sourcemap: true,
  loader: { ".sh": "text", ".yaml": "text" },
  plugins: [shakeClientNode],
  logLevel: "warning",
};

await build({
  ...bundle,
  entryPoints: { sluice: "src/main.ts" },
  banner: { js: `#!/usr/bin/env node\n${banner.js}` },
});
