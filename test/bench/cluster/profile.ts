import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { apiServerAddress } from "../../e2e/harness/control-plane.ts";
import { type BenchCluster, datasetName, datasetNamespace } from "./bench-cluster.ts";
import { bodyOf } from "./creations.ts";

const seconds = 20;

/** Writes the API server's CPU profile into `file`, taken while 8 workers create pods that are injected. */
export async function profileInjecting(cluster: BenchCluster, file: string): Promise<void> {
  cluster.say(`profiling the API server for ${seconds} s`);
  const load = cluster.load.createPods({
    pods: [{ namespace: datasetNamespace, body: bodyOf(datasetNamespace, [datasetName]) }],
    workers: 8,
    settleSeconds: 1,
    seconds: seconds + 1,
    served: true,
  });
  const [profile] = await Promise.all([readProfile(cluster), load]);
  writeFileSync(file, profile);
}

function readProfile({ plane }: BenchCluster): Promise<Buffer> {
  const agent = plane.gateway.httpsAgent(apiServerAddress, plane.pki.admin);
  const path = `/debug/pprof/profile?seconds=${seconds}`;
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: "kubernetes", path }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const read = Buffer.concat(parts);
        if (response.statusCode === 200) resolve(read);
        else reject(new Error(`${path}: ${response.statusCode} ${read.toString().slice(0, 300)}`));
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
