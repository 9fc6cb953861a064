import { execFileSync } from "node:child_process";
import { join } from "node:path";

const repository = new URL("../../..", import.meta.url).pathname;

/** Bundles the command into `folder` and returns its path. */
export function buildSluice(folder: string): string {
  execFileSync(process.execPath, [join(repository, "scripts/build.js"), folder], { cwd: repository });
  return join(folder, "sluice.js");
}
