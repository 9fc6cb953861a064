import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ApiClient } from "../../e2e/harness/api-client.ts";
import { apiServerAddress, ControlPlane } from "../../e2e/harness/control-plane.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import { at, type Fields, fieldsOf, textAt } from "../../e2e/harness/fields.ts";
import { fluidCrds } from "../../e2e/harness/fluid-crds.ts";
import { addNode } from "../../e2e/harness/nodes.ts";
import { addObject, collectionOf } from "../../e2e/harness/objects.ts";
import type { ReplicaPlace } from "../../e2e/harness/replica.ts";
import { Replicas } from "../../e2e/harness/replicas.ts";
import type { Sandbox } from "../../e2e/harness/sandbox.ts";
import { manyDatasetsPlace, mixedTypes, spreadDatasets } from "../../support/many-datasets.ts";
import { LoadClient } from "./load-client.ts";
import type { BenchClusterOptions } from "./options.ts";

export const replicaAddresses = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `10.10.0.1${number}`);
export const leastWebhookAddress = "10.10.0.20";
/** All that has to exist in the sandbox. */
export const sandboxAddresses = ["10.10.0.1", ...replicaAddresses, leastWebhookAddress];
/** Opted in, as all that have datasets. The first of these is JuiceFS's, those after it have other runtimes in turn. */
export const { namespace: datasetNamespace, name: datasetName } = manyDatasetsPlace(0);
/** Not opted in. */
export const otherNamespace = "elsewhere";

export const nodes = { all: 10, withCache: 3 };
const namespaces = 100;
const zones = 3;

/** Those of one zone, to which the first dataset's runtime keeps its workers. */
export function holdsCache(nodeName: string): boolean {
  const index = Number(nodeName.replace("node-", ""));
  return index % zones === 0 && index / zones < nodes.withCache;
}

/** Where the programs and files are that a cluster is made of. */
export interface BenchClusterPlace {
  readonly sandbox: Sandbox;
  readonly controlPlane: string;
  readonly repository: string;
  /** For all that is written. */
  readonly folder: string;
  /** The built command. */
  readonly sluice: string;
  /** This bundle. */
  readonly program: string;
  readonly options: BenchClusterOptions;
  readonly say: (progress: string) => void;
}

/** A control plane with made-up nodes, datasets, two replicas of Sluice, and a process that creates pods. */
export class BenchCluster {
  readonly place: BenchClusterPlace;
  readonly plane: ControlPlane;
  readonly replicas: Replicas;
  readonly load: LoadClient;
  readonly replicaPlace: ReplicaPlace;
  readonly options: BenchClusterOptions;
  readonly say: (progress: string) => void;
  #datasets = 0;

  private constructor(place: BenchClusterPlace, plane: ControlPlane, load: LoadClient) {
    const { sandbox, folder, sluice, options, say } = place;
    this.place = place;
    this.plane = plane;
    this.load = load;
    this.options = options;
    this.say = say;
    const replicaFolder = join(folder, "replicas");
    mkdirSync(replicaFolder);
    this.replicaPlace = {
      sandbox,
      gateway: plane.gateway,
      api: plane.api,
      folder: replicaFolder,
      caFile: join(plane.pki.folder, "ca.crt"),
      program: sluice,
    };
    this.replicas = new Replicas(this.replicaPlace, replicaAddresses);
  }

  /** Resolves when both replicas are ready and the pods of the smallest cluster's datasets can be scheduled. */
  static async start(place: BenchClusterPlace): Promise<BenchCluster> {
    const { sandbox, controlPlane, folder, repository, program, say, options } = place;
    say("starting the control plane");
    const plane = await ControlPlane.start(sandbox, controlPlane, folder);
    const load = await LoadClient.start(sandbox, program, apiServerAddress, plane.pki.admin);
    const cluster = new BenchCluster(place, plane, load);
    await cluster.#addFluid();
    await cluster.#addPlaces();
    await cluster.growTo(options.sizes[0] ?? 0);
    const claim = `${collectionOf("PersistentVolumeClaim", datasetNamespace)}/${datasetName}`;
    await eventually("the claim is bound", async () => {
      const annotations = at(await plane.api.get(claim), "metadata", "annotations");
      return textAt(annotations, "pv.kubernetes.io/bind-completed") === "yes";
    });
    say("installing Sluice");
    await plane.kubectl.do(["apply", "-f", join(repository, "manifests/install.yaml")]);
    await cluster.replicas.ready();
    return cluster;
  }

  get api(): ApiClient {
    return this.plane.api;
  }

  get datasets(): number {
    return this.#datasets;
  }

  /** Creates the datasets that are missing to `count`. */
  async growTo(count: number): Promise<void> {
    this.say(`creating datasets up to ${count}`);
    await this.load.createDatasets({ from: this.#datasets, to: count, namespaces, workers: 16 }, (done) =>
      this.say(`${done} of ${count} datasets created`),
    );
    this.#datasets = count;
  }

  /** Namespaces and claims of about `count` datasets spread over all, of each runtime as many. */
  samples(count: number): { readonly namespace: string; readonly claim: string }[] {
    return spreadDatasets(this.#datasets, count, mixedTypes.length).map((index) => {
      const { namespace, name } = manyDatasetsPlace(index, namespaces);
      return { namespace, claim: name };
    });
  }

  async #addFluid(): Promise<void> {
    const crds = fluidCrds().map((crd) => withoutSubresources(crd));
    for (const crd of crds) await addObject(this.api, crd);
    await eventually("Fluid's kinds are served", async () => {
      for (const crd of crds) {
        const [plural] = textAt(crd, "metadata", "name").split(".");
        await this.api.list(`/apis/data.fluid.io/v1alpha1/${plural}`);
      }
      return true;
    });
  }

  async #addPlaces(): Promise<void> {
    for (let index = 0; index < nodes.all; index++) await addNode(this.api, nodeOf(index));
    const names = Array.from({ length: namespaces }, (_, index) => manyDatasetsPlace(index).namespace);
    const optedIn = { "sluice.io/injection": "enabled" };
    await Promise.all(names.map((name) => addObject(this.api, namespaceOf(name, optedIn))));
    await addObject(this.api, namespaceOf(otherNamespace, {}));
    for (const name of [...names, otherNamespace])
      await eventually(`namespace ${name} can be used`, () =>
        this.api.get(`/api/v1/namespaces/${name}/serviceaccounts/default`),
      );
  }
}

/** Objects come with their status, which saves a call for each. */
function withoutSubresources(crd: object): Fields {
  const text = JSON.stringify(crd, (key, value: unknown) => (key === "subresources" ? undefined : value));
  return fieldsOf(JSON.parse(text));
}

function namespaceOf(name: string, labels: Readonly<Record<string, string>>): Fields {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** Some nodes hold the cache of the first dataset. */
function nodeOf(index: number): Fields {
  const name = `node-${index}`;
  const cache = { [`fluid.io/s-${datasetNamespace}-${datasetName}`]: "true" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": `zone-${index % zones}`,
        ...(holdsCache(name) ? cache : {}),
      },
    },
  };
}
