import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Numbers of the FUSE connections that processes below `procFolder` (a /proc) have mounted. */
export function fuseConnections(procFolder: string): string[] {
  const found = readdirSync(procFolder)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        return readFileSync(join(procFolder, id, "mountinfo"), "utf8").split("\n");
      } catch {
        // It has ended meanwhile.
        return [];
      }
    })
    .flatMap((line) => (line.includes(" - fuse.") ? [/^\d+ \d+ 0:(\d+) /.exec(line)?.[1] ?? ""] : []));
  return [...new Set(found)].filter((number) => number !== "");
}

/** Fails all requests that wait on these connections: a process that was killed while it waited for itself then ends. */
export function abortConnections(numbers: readonly string[]): void {
  const script = `mount -t fusectl fusectl /mnt && cd /mnt && for n do echo 1 >"$n/abort"; done`;
  spawnSync("unshare", ["--mount", "sh", "-c", script, "sh", ...numbers], { stdio: "ignore" });
}
