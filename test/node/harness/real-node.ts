import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ApiClient } from "../../e2e/harness/api-client.ts";
import { ControlPlane } from "../../e2e/harness/control-plane.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import { listAt } from "../../e2e/harness/fields.ts";
import { realNode } from "../../e2e/harness/pki.ts";
import type { Sandbox } from "../../e2e/harness/sandbox.ts";
import { makeCgroup, removeCgroup } from "./cgroups.ts";
import { abortConnections, fuseConnections } from "./fuse-devices.ts";
import { type Image, packImage } from "./images.ts";
import { type NodeFiles, nodeAddress, runtimeSocket, writeNodeConfig } from "./node-config.ts";
import { NodeProgram } from "./node-processes.ts";
import { openNodeSandbox } from "./node-sandbox.ts";

const nodePath = `/api/v1/nodes/${realNode}`;

const folderPrefix = "sluice-real-node-";

export interface Process {
  readonly id: number;
  readonly parent: number;
  /** The name of its file, "busybox" for all of busybox's applets. */
  readonly program: string;
}

/** A control plane with one real node: containerd and a kubelet, in namespaces of their own. */
export class RealNode {
  readonly plane: ControlPlane;
  readonly sandbox: Sandbox;
  /** The folder with the node's programs. */
  readonly programs: string;
  readonly folder: string;
  readonly #cgroup: string;
  readonly #files: NodeFiles;
  #containerd: NodeProgram;
  #kubelet: NodeProgram | undefined;

  private constructor(
    sandbox: Sandbox,
    plane: ControlPlane,
    programs: string,
    folder: string,
    cgroup: string,
  ) {
    this.sandbox = sandbox;
    this.plane = plane;
    this.programs = programs;
    this.folder = folder;
    this.#cgroup = cgroup;
    this.#files = writeNodeConfig(folder, programs, cgroup);
    this.#containerd = this.#spawnContainerd();
  }

  /** `planePrograms` and `programs` are the folders with the binaries. Resolves when pods can run. */
  static async start(planePrograms: string, programs: string): Promise<RealNode> {
    removeLeftOvers();
    const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
    const cgroup = makeCgroup();
    const sandbox = await openNodeSandbox(folder, programs);
    try {
      const plane = await ControlPlane.start(sandbox, planePrograms, folder);
      const node = new RealNode(sandbox, plane, programs, folder, cgroup);
      // A kubelet that does not find it gives up.
      await eventually("containerd answers", () => node.ctr(["version"]), { seconds: 180 });
      node.startKubelet();
      await node.ready();
      // New nodes are tainted until the node lifecycle controller, which does not run here, finds them ready.
      await plane.api.patch(nodePath, { spec: { taints: null } });
      return node;
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  get api(): ApiClient {
    return this.plane.api;
  }

  /** Runs a command on the node and resolves with what it prints; rejects when it fails. */
  run(argv: readonly string[]): Promise<string> {
    const [program = "", ...rest] = this.sandbox.command(argv);
    return new Promise((resolve, reject) => {
      execFile(program, rest, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${argv.join(" ")}: ${stderr.trim() || error.message}`));
      });
    });
  }

  /** Where a path of the node is found from here. */
  path(path: string): string {
    return `/proc/${this.sandbox.pid}/root${path}`;
  }

  /** The lines of /proc/self/mountinfo on the node. */
  mounts(): string[] {
    return readFileSync(`/proc/${this.sandbox.pid}/mountinfo`, "utf8").split("\n");
  }

  /** A process by the number that it has on the node; none if it has ended. */
  process(id: number): Process[] {
    try {
      const stat = readFileSync(this.path(`/proc/${id}/stat`), "utf8");
      const program = basename(readlinkSync(this.path(`/proc/${id}/exe`)));
      return [{ id, parent: Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]), program }];
    } catch {
      return [];
    }
  }

  async addImage(image: Image): Promise<void> {
    const work = join(this.folder, "image");
    mkdirSync(work);
    const archive = packImage(image, work);
    await this.ctr(["images", "import", archive]);
    rmSync(work, { recursive: true });
  }

  ctr(args: readonly string[]): Promise<string> {
    return this.run([join(this.programs, "ctr"), "--address", runtimeSocket, "-n", "k8s.io", ...args]);
  }

  /** Resolves when the API server has heard from the kubelet that it is ready. */
  async ready(): Promise<void> {
    await eventually(
      "the node is ready",
      async () => {
        for (const program of [this.#containerd, this.#kubelet])
          if (program?.running !== true) throw new Error(program?.log().slice(-3_000));
        const node = await this.api.get(nodePath);
        return listAt(node, "status", "conditions").some(
          ({ type, status }) => type === "Ready" && status === "True",
        );
      },
      { seconds: 180 },
    );
  }

  async stopKubelet(): Promise<void> {
    await this.#kubelet?.stop();
  }

  startKubelet(): void {
    this.#kubelet = this.#spawnKubelet();
  }

  async restartContainerd(): Promise<void> {
    await this.#containerd.stop();
    this.#containerd = this.#spawnContainerd();
  }

  /** Ends all that runs on it and leaves nothing; with SLUICE_E2E_KEEP the folder stays, with all logs. */
  async close(): Promise<void> {
    const connections = fuseConnections(this.path("/proc"));
    // What its own mount holds up would keep the sandbox from ending.
    const late = setTimeout(() => abortConnections(connections), 5_000);
    await this.sandbox.close();
    clearTimeout(late);
    await eventually(
      "the cgroups are gone",
      () => {
        removeCgroup(this.#cgroup);
        return true;
      },
      { seconds: 60 },
    );
    if (process.env["SLUICE_E2E_KEEP"] === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  #spawnContainerd(): NodeProgram {
    return this.#spawn("containerd", ["--config", this.#files.containerd]);
  }

  #spawnKubelet(): NodeProgram {
    return this.#spawn("kubelet", [
      `--config=${this.#files.kubelet}`,
      `--kubeconfig=${join(this.plane.pki.folder, "kubelet.conf")}`,
      `--hostname-override=${realNode}`,
      `--node-ip=${nodeAddress}`,
      "--v=2",
    ]);
  }

  #spawn(name: string, args: readonly string[]): NodeProgram {
    const argv = this.sandbox.command([join(this.programs, name), ...args]);
    return new NodeProgram(name, argv, join(this.folder, "logs", `${name}.log`), this.programs);
  }
}

/** Folders of runs that were killed themselves; what ran in them has ended with its namespaces. */
function removeLeftOvers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(folderPrefix) ? /^\d+(?=-)/.exec(name.slice(folderPrefix.length)) : null;
    if (owner !== null && !existsSync(`/proc/${owner[0]}`))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
