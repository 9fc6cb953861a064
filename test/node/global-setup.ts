import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildSluice } from "../e2e/harness/build-sluice.ts";
import { findPrograms, whyNoNode } from "./harness/programs.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What a node is made of; `why` says why there can be none, "" when there can. */
    nodeParts: {
      readonly why: string;
      readonly plane: string;
      readonly node: string;
      readonly sluice: string;
    };
  }
}

/** Builds what the node runs: the programs (once, kept outside of the repository) and Sluice. */
export default async function setUp(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-node-build-"));
  const missing = whyNoNode();
  const plane = missing ?? (await findPrograms(new URL("../e2e/control-plane/build.sh", import.meta.url)));
  const node = missing ?? (await findPrograms(new URL("programs/build.sh", import.meta.url)));
  const found = missing === undefined && plane !== undefined && node !== undefined;
  const why = found ? "" : (missing ?? "the programs cannot be had (see above)");
  if (why !== "") process.stderr.write(`\nsluice e2e:node: SKIPPED, nothing was tested: ${why}\n\n`);
  const sluice = found ? buildSluice(folder) : "";
  project.provide("nodeParts", { why, plane: plane ?? "", node: node ?? "", sluice });
  return () => rmSync(folder, { recursive: true, force: true });
}
