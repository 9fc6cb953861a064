import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { inject } from "vitest";
import type { ApiClient } from "./api-client.ts";
import type { ClusterCommand } from "./cluster-command.ts";
import { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { textAt } from "./fields.ts";
import { fluidCrds } from "./fluid-crds.ts";
import { addNode } from "./nodes.ts";
import { addObject, parseObjects, pathOf, readObjects } from "./objects.ts";
import type { Replica } from "./replica.ts";
import { Replicas, sluiceNamespace } from "./replicas.ts";
import { Sandbox } from "./sandbox.ts";

const repository = new URL("../../..", import.meta.url).pathname;
/** SLUICE_E2E_MANIFEST: another rendering of the chart to test than the one that is shipped. */
export const installManifest =
  process.env["SLUICE_E2E_MANIFEST"] ?? join(repository, "manifests/install.yaml");
export const exampleFolder = join(repository, "manifests/examples");

const podAddresses = Array.from({ length: 10 }, (_, index) => `10.10.0.${11 + index}`);

export interface TestClusterOptions {
  /** Whether Fluid's kinds are there; they are by default. */
  readonly fluid?: boolean;
  /** Users whose requests the API server writes down. */
  readonly audited?: readonly string[];
}

/** A control plane, Fluid's kinds, the datasets and nodes of the examples, and Sluice when it is installed. */
export class TestCluster {
  readonly plane: ControlPlane;
  readonly replicas: Replicas;
  readonly sandbox: Sandbox;
  readonly #folder: string;

  private constructor(sandbox: Sandbox, plane: ControlPlane, folder: string) {
    this.plane = plane;
    this.sandbox = sandbox;
    this.#folder = folder;
    const replicaFolder = join(folder, "replicas");
    mkdirSync(replicaFolder);
    this.replicas = new Replicas(
      {
        sandbox,
        gateway: plane.gateway,
        api: plane.api,
        folder: replicaFolder,
        caFile: join(plane.pki.folder, "ca.crt"),
        program: inject("sluiceProgram"),
      },
      podAddresses,
    );
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-e2e-"));
    const sandbox = await Sandbox.open(["10.10.0.1", ...podAddresses]);
    try {
      const plane = await ControlPlane.start(sandbox, inject("controlPlane"), folder, options.audited);
      const cluster = new TestCluster(sandbox, plane, folder);
      if (options.fluid !== false) await cluster.addFluid();
      await cluster.addExamples(options.fluid !== false);
      return cluster;
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  get api(): ApiClient {
    return this.plane.api;
  }

  get kubectl(): ClusterCommand {
    return this.plane.kubectl;
  }

  async addFluid(): Promise<void> {
    const crds = fluidCrds();
    await Promise.all(crds.map((crd) => addObject(this.api, { ...crd })));
    await eventually("Fluid's kinds are served", async () => {
      const lists = crds.map(({ metadata }) => {
        const [plural] = metadata.name.split(".");
        return this.api.list(`/apis/data.fluid.io/v1alpha1/${plural}`);
      });
      await Promise.all(lists);
      return true;
    });
  }

  /** The cluster of manifests/examples; without its datasets and runtimes where Fluid's kinds are not there. */
  async addExamples(withFluid = true): Promise<void> {
    const objects = readObjects(join(exampleFolder, "cluster")).filter(
      ({ apiVersion }) => withFluid || !String(apiVersion).startsWith("data.fluid.io/"),
    );
    const first = objects.filter(({ kind }) => kind === "Namespace");
    for (const namespace of first) await addObject(this.api, namespace);
    await Promise.all(
      objects
        .filter((object) => !first.includes(object))
        .map((object) =>
          object["kind"] === "Node" ? addNode(this.api, object) : addObject(this.api, object),
        ),
    );
    await this.boundClaims(objects.filter(({ kind }) => kind === "PersistentVolumeClaim").map(pathOf));
    await this.usableNamespace("demo");
  }

  /** A dataset like the example "imagenet": all that Fluid makes for one, at once. */
  async addDataset(name: string, namespace = "demo"): Promise<void> {
    const text = readFileSync(join(exampleFolder, "cluster/imagenet.yaml"), "utf8");
    const objects = parseObjects(text.replaceAll("imagenet", name).replaceAll("demo", namespace));
    await Promise.all(objects.map((object) => addObject(this.api, object)));
  }

  /** Resolves when the claims at `paths` are bound. */
  async boundClaims(paths: readonly string[]): Promise<void> {
    for (const path of paths)
      await eventually(
        `${path} is bound`,
        async () => textAt(await this.api.get(path), "status", "phase") === "Bound",
      );
  }

  /** A namespace in which pods can be created. */
  async addNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await addObject(this.api, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
    await this.usableNamespace(name);
  }

  async usableNamespace(name: string): Promise<void> {
    await eventually(`namespace ${name} can be used`, () =>
      this.api.get(`/api/v1/namespaces/${name}/serviceaccounts/default`),
    );
  }

  /** As a user installs it; resolves when both replicas are ready. */
  async install(): Promise<string> {
    const said = await this.kubectl.do(["apply", "-f", installManifest]);
    await this.replicas.ready();
    return said;
  }

  /** The metric of all replicas together; labels are matched as they are printed. */
  async sluiceMetric(name: string, ...labels: readonly string[]): Promise<number> {
    const pages = await Promise.all(this.replicas.all.map((replica) => replica.ask("/metrics")));
    const values = pages.flatMap(({ text }) =>
      text
        .split("\n")
        .filter(
          (line) => new RegExp(`^${name}[{ ]`).test(line) && labels.every((label) => line.includes(label)),
        )
        .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1))),
    );
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** The fingerprint of the certificate that a replica serves reviews with. */
  servedCertificate({ address }: Replica): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        socket: this.plane.gateway.connect(`${address}:8443`),
        servername: `sluice.${sluiceNamespace}.svc`,
        // Looked at, not trusted.
        rejectUnauthorized: false,
      });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
    });
  }

  async close(): Promise<void> {
    await this.replicas.close();
    await this.sandbox.close();
    if (process.env["SLUICE_E2E_KEEP"] === undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The text of the installation, for cases that need a part of it only. */
export function readInstallManifest(): string {
  if (!existsSync(installManifest)) throw new Error(`there is no ${installManifest}`);
  return readFileSync(installManifest, "utf8");
}
