import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildSluice } from "./build-sluice.ts";
import { whyNoSandbox } from "./sandbox.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with the control plane's programs. */
    controlPlane: string;
    /** The built command. */
    sluiceProgram: string;
    /** Why no cluster can run here; "" when it can. */
    whyNoCluster: string;
  }
}

/** Builds what the cases run: the control plane (once, kept outside of the repository) and Sluice. */
export default async function setUp(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-e2e-build-"));
  const why = whyNoSandbox();
  const { code, path } = why === undefined ? await findControlPlane() : { code: 1, path: "" };
  const whyNot = why ?? (code === 0 ? "" : "there is no control plane (see above)");
  if (whyNot !== "") process.stderr.write(`\nsluice e2e: SKIPPED, nothing was tested: ${whyNot}\n\n`);
  project.provide("whyNoCluster", whyNot);
  project.provide("controlPlane", path);
  project.provide("sluiceProgram", whyNot === "" ? buildSluice(folder) : "");
  return () => rmSync(folder, { recursive: true, force: true });
}

function findControlPlane(): Promise<{ readonly code: number | null; readonly path: string }> {
  const script = new URL("../control-plane/build.sh", import.meta.url).pathname;
  return new Promise((resolve, reject) => {
    const child = spawn("bash", [script], { stdio: ["ignore", "pipe", "inherit"] });
    let path = "";
    child.stdout.on("data", (text: Buffer) => {
      path += text.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, path: path.trim() }));
  });
}
