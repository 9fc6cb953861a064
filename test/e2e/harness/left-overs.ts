import { eventually } from "./eventually.ts";
import type { TestCluster } from "./test-cluster.ts";

/** Resolves when no object of any kind has "sluice" in its name any more, with the names of all that is left. */
export async function nothingOfSluice({ kubectl }: TestCluster): Promise<readonly string[]> {
  const kinds = await kubectl.do(["api-resources", "--verbs=list", "-o", "name"]);
  const listed = kinds
    .trim()
    .split("\n")
    .filter((kind) => !kind.startsWith("events"))
    .join();
  return eventually(
    "nothing of Sluice is left",
    async () => {
      const all = await kubectl.do(["get", listed, "-A", "-o", "name", "--ignore-not-found"]);
      const names = all.split("\n");
      const left = names.filter((name) => name.includes("sluice"));
      if (left.length > 0) throw new Error(left.join(", "));
      return names;
    },
    { pauseMs: 500 },
  );
}
