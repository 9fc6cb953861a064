import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { demoClusterFiles } from "../../src/cli/demo-cluster.ts";

/** A temporary folder that goes when the test that asks for it is over, or where none does, all those of its file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-cli-test-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    onTestFinished(remove);
  } catch {
    // No test runs: the file is being read, or prepares its tests.
    afterAll(remove);
  }
  return folder;
}

/** The demo's cluster as a folder of manifests, with `more` files beside its own. */
export function demoClusterFolder(more: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  for (const [name, text] of [...demoClusterFiles, ...Object.entries(more)])
    writeFileSync(join(folder, name), text);
  return folder;
}
