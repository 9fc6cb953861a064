import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { issueAuthority, issueServingPair } from "../../../src/certs/issue-pair.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import { at } from "../../e2e/harness/fields.ts";
import { podOf } from "../../e2e/harness/pods.ts";
import { Running } from "../../e2e/harness/processes.ts";
import { type BenchCluster, datasetNamespace, leastWebhookAddress } from "./bench-cluster.ts";

const collection = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const name = "least";
const port = 8443;
const label = "least-webhook";
const patch = [{ op: "add", path: "/metadata/labels", value: { [label]: "was-here" } }];

/**
 * A webhook that gives every pod the same label and reads nothing of it but the review's uid, without condition or
 * policy: what is left to the API server beside it is what calling any webhook takes.
 */
export class LeastWebhook {
  readonly #cluster: BenchCluster;
  readonly #caBundle: string;
  #present = false;

  private constructor(cluster: BenchCluster, caBundle: string) {
    this.#cluster = cluster;
    this.#caBundle = caBundle;
  }

  /** Resolves when it listens; it ends with the sandbox. */
  static async start(cluster: BenchCluster): Promise<LeastWebhook> {
    const { sandbox, folder, program } = cluster.place;
    const now = Date.now();
    const authority = await issueAuthority(now);
    const pair = await issueServingPair(authority, { dns: [], ip: [leastWebhookAddress] }, now);
    const pairFile = join(folder, "least-webhook-pair.json");
    writeFileSync(pairFile, JSON.stringify({ key: pair.key, cert: pair.cert }));
    const argv = [process.execPath, program, "least-webhook", pairFile];
    const running = new Running("least-webhook", sandbox.command(argv), join(folder, "least-webhook.log"));
    await eventually("the least webhook listens", () => {
      if (!running.running) throw new Error(running.log());
      return running.log().includes("listening");
    });
    return new LeastWebhook(cluster, Buffer.from(authority.cert).toString("base64"));
  }

  /** Resolves when the API server acts by it. */
  async set(present: boolean): Promise<void> {
    if (present === this.#present) return;
    const { api } = this.#cluster;
    if (present) await api.create(collection, configuration(this.#caBundle));
    else await api.delete(`${collection}/${name}`);
    this.#present = present;
    await eventually(`the least webhook is ${present ? "called" : "not called"}`, async () => {
      const path = `/api/v1/namespaces/${datasetNamespace}/pods?dryRun=All`;
      const created = await api.create(path, podOf(undefined, { namespace: datasetNamespace, claims: [] }));
      return (at(created, "metadata", "labels", label) !== undefined) === present;
    });
  }
}

/** The process itself; `pairFile` is JSON of its key and certificate. */
export async function runLeastWebhook(pairFile: string): Promise<void> {
  const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");
  const server = createServer(JSON.parse(readFileSync(pairFile, "utf8")), (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      // The request's own uid stands before that of any object in it.
      const uid = /"uid":"([^"]+)"/.exec(Buffer.concat(parts).toString("latin1"))?.[1] ?? "";
      const answer = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"${uid}","allowed":true,"patchType":"JSONPatch","patch":"${encoded}"}}`;
      response.setHeader("content-type", "application/json");
      response.end(answer);
    });
  });
  server.keepAliveTimeout = 3_600_000;
  server.listen(port, leastWebhookAddress, () => process.stdout.write("listening\n"));
  await once(server, "close");
}

function configuration(caBundle: string): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    webhooks: [
      {
        name: "least.bench.sluice.io",
        clientConfig: { url: `https://${leastWebhookAddress}:${port}/`, caBundle },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": datasetNamespace } },
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  };
}
