import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "../../e2e/harness/eventually.ts";
import { Running } from "../../e2e/harness/processes.ts";
import { nodeAddress } from "./node-config.ts";
import type { RealNode } from "./real-node.ts";

/** What the datasets keep: JuiceFS volumes in one Redis (a database for metadata, one for data), or a node's folder. */
export const sources = {
  training: { meta: 1, data: 2 },
  scratch: { meta: 3, data: 4 },
  books: undefined,
} as const;
export type Source = keyof typeof sources;

/** Where the node itself sees a source, past all pods. */
export const placeOf = (source: Source) => `/var/lib/sources/${source}`;

/** Starts Redis on the node and fills the sources with `content`: path and text of each file. */
export async function startStorage(node: RealNode, content: Readonly<Record<string, string>>): Promise<void> {
  const options = ["--bind", nodeAddress, "--port", "6379", "--protected-mode", "no", "--dir", "/run"];
  const redis = new Running(
    "redis",
    node.sandbox.command([
      join(node.programs, "redis-server"),
      ...options,
      "--save",
      "",
      "--appendonly",
      "no",
    ]),
    join(node.folder, "logs/redis.log"),
  );
  await eventually("redis is ready", () => {
    if (!redis.running) throw new Error(redis.log());
    return redis.log().includes("Ready to accept connections");
  });
  const juicefs = join(node.programs, "juicefs");
  for (const [name, databases] of Object.entries(sources)) {
    const place = `/var/lib/sources/${name}`;
    await node.run(["mkdir", "-p", place]);
    if (databases !== undefined) {
      const [meta, data] = [databases.meta, databases.data].map(databaseUrl);
      await node.run([juicefs, "format", "--storage=redis", `--bucket=${data}`, `${meta}`, name]);
      const quiet = ["--no-usage-report", "--log=/var/log/juicefs.log", "--cache-dir=memory"];
      await node.run([juicefs, "mount", "--background", ...quiet, `${meta}`, place]);
    }
    for (const [path, text] of Object.entries(content)) {
      const file = join(node.path(place), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}

/** Checksums of all files of a source, by their paths, as the node sees them. */
export function checksums(node: RealNode, source: Source): Record<string, string> {
  const root = node.path(placeOf(source));
  // JuiceFS shows files of its own at the root, one of which never ends.
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith("."),
  );
  const sums = files.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(root.length + 1), checksum(readFileSync(path))];
  });
  return Object.fromEntries(sums.sort());
}

export function checksum(data: string | Buffer): string {
  return createHash("md5").update(data).digest("hex");
}

function databaseUrl(number: number): string {
  return `redis://${nodeAddress}:6379/${number}`;
}
