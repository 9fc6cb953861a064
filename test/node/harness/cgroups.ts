import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = "/sys/fs/cgroup";
const prefix = "sluice-node-";

/** Makes a group of our own in every hierarchy, for all that the kubelet starts, and returns its name. */
export function makeCgroup(): string {
  removeLeftOvers();
  const name = `${prefix}${process.pid}`;
  for (const hierarchy of hierarchies()) {
    const folder = join(hierarchy, name);
    mkdirSync(folder, { recursive: true });
    // Without these nothing can run in a group of this hierarchy.
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      if (existsSync(join(folder, file)))
        writeFileSync(join(folder, file), readFileSync(join(hierarchy, file), "utf8"));
  }
  return name;
}

/** Takes the group away with all that was made in it; whatever ran there has ended. */
export function removeCgroup(name: string): void {
  for (const hierarchy of hierarchies()) removeTree(join(hierarchy, name));
}

/** Of runs that were killed themselves. */
function removeLeftOvers(): void {
  for (const hierarchy of hierarchies())
    for (const name of readdirSync(hierarchy).filter((entry) => entry.startsWith(prefix)))
      if (!existsSync(`/proc/${name.slice(prefix.length)}`))
        try {
          removeTree(join(hierarchy, name));
        } catch {
          // Something still runs in it; the next run may have more luck.
        }
}

function hierarchies(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name))
    .filter((folder) => existsSync(join(folder, "cgroup.procs")));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
