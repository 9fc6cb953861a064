import { eventually } from "../../e2e/harness/eventually.ts";
import { type Fields, fieldsOf } from "../../e2e/harness/fields.ts";
import { clientsOf, podOf } from "../../e2e/harness/pods.ts";
import { type BenchCluster, datasetName, datasetNamespace, otherNamespace } from "./bench-cluster.ts";

const group = "/apis/admissionregistration.k8s.io/v1";
const collections = [
  `${group}/mutatingwebhookconfigurations`,
  `${group}/validatingadmissionpolicies`,
  `${group}/validatingadmissionpolicybindings`,
];

/** All by which the API server knows of Sluice: taken away and put back as it was. */
export class Registration {
  readonly #cluster: BenchCluster;
  readonly #kept: readonly (readonly [string, Fields])[];
  #present = true;

  private constructor(cluster: BenchCluster, kept: readonly (readonly [string, Fields])[]) {
    this.#cluster = cluster;
    this.#kept = kept;
  }

  static async of(cluster: BenchCluster): Promise<Registration> {
    const kept: (readonly [string, Fields])[] = [];
    for (const collection of collections)
      kept.push([collection, withoutVersion(await cluster.api.get(`${collection}/sluice`))]);
    const registration = new Registration(cluster, kept);
    await registration.#effective();
    return registration;
  }

  /** Resolves when the API server acts by it. */
  async set(present: boolean): Promise<void> {
    if (present === this.#present) return;
    const { api } = this.#cluster;
    for (const [collection, object] of this.#kept) {
      if (present) await api.create(collection, object);
      else await api.send("DELETE", `${collection}/sluice`);
    }
    this.#present = present;
    await this.#effective();
  }

  async #effective(): Promise<void> {
    const { api } = this.#cluster;
    const expected = this.#present;
    await eventually(
      `Sluice is ${expected ? "registered" : "not registered"}`,
      async () => {
        const path = `/api/v1/namespaces/${datasetNamespace}/pods?dryRun=All`;
        const asked = { namespace: datasetNamespace, claims: [datasetName] };
        const served = clientsOf(await api.create(path, podOf(undefined, asked))).length > 0;
        return served === expected && (await this.#policyActs()) === expected;
      },
      { seconds: 30 },
    );
  }

  /** Whether a pod is refused that claims to have a client that it lacks. */
  async #policyActs(): Promise<boolean> {
    const status = JSON.stringify({ verdict: "injected", clients: { gone: "fluid-fuse-0" } });
    const pod = podOf(undefined, {
      namespace: otherNamespace,
      labels: { "done.sidecar.fluid.io/inject": "true" },
      annotations: { "sluice.io/status": status },
    });
    const path = `/api/v1/namespaces/${otherNamespace}/pods?dryRun=All`;
    return (await this.#cluster.api.send("POST", path, pod)).status !== 201;
  }
}

function withoutVersion(object: Fields): Fields {
  const { name, labels } = fieldsOf(object["metadata"]);
  const { status: _, ...rest } = object;
  return { ...rest, metadata: { name, ...(labels === undefined ? {} : { labels }) } };
}
