import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { ClusterCommand, type Said } from "./cluster-command.ts";
import { findHelm } from "./helm.ts";
import type { TestCluster } from "./test-cluster.ts";

const manifests = new URL("../../../manifests", import.meta.url).pathname;

/** A shell of the administrator's, with the programs that the pages name, in a folder that looks like the repository. */
export class UserShell {
  readonly #folder: string;
  readonly #shell: ClusterCommand;

  constructor({ plane, sandbox }: TestCluster) {
    const folder = mkdtempSync(join(plane.folder, "user-"));
    const programs = join(folder, "bin");
    mkdirSync(programs);
    symlinkSync(manifests, join(folder, "manifests"));
    symlinkSync(join(inject("controlPlane"), "kubectl"), join(programs, "kubectl"));
    const helm = findHelm();
    if ("path" in helm) symlinkSync(helm.path, join(programs, "helm"));
    // "npx sluice …" is the built command.
    const npx = `#!/bin/sh\nshift\nexec ${process.execPath} ${inject("sluiceProgram")} "$@"\n`;
    writeFileSync(join(programs, "npx"), npx, { mode: 0o755 });
    this.#folder = folder;
    this.#shell = new ClusterCommand(sandbox, "sh", ["sh", "-c", `cd ${folder} && eval "$0"`], {
      // Nothing of the user who runs the tests.
      HELM_CACHE_HOME: join(folder, "helm/cache"),
      HELM_CONFIG_HOME: join(folder, "helm/config"),
      HELM_DATA_HOME: join(folder, "helm/data"),
      PATH: `${programs}:${process.env["PATH"]}`,
      KUBECONFIG: join(plane.pki.folder, "admin.conf"),
      FORCE_COLOR: "",
    });
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }

  /** Runs a command line to its end, whatever that is. */
  run(line: string): Promise<Said> {
    return this.#shell.run([line]);
  }

  /** What a command line prints; rejects with what it says when it fails. */
  do(line: string): Promise<string> {
    return this.#shell.do([line]);
  }
}
