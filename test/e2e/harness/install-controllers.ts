import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { textAt } from "./fields.ts";
import { chartFolder, findHelm } from "./helm.ts";
import { addObject } from "./objects.ts";
import { podOf } from "./pods.ts";
import type { Replica } from "./replica.ts";
import { sluiceNamespace } from "./replicas.ts";
import { TestCluster, type TestClusterOptions } from "./test-cluster.ts";

const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${sluiceNamespace}/leases/sluice-controllers`;
const version = "1.36.3";

/** The labels of a namespace whose pods ask to be served. */
export const asking = { "sluice.io/injection": "enabled" };

/**
 * A cluster with Sluice and its controllers installed from the chart with these values too, all of them ready.
 * `namespaces` are there before, with these labels.
 */
export async function clusterWithControllers(
  values: readonly string[] = [],
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  options: TestClusterOptions = {},
): Promise<TestCluster> {
  const cluster = await TestCluster.start(options);
  try {
    await addDataLoads(cluster);
    for (const [name, labels] of Object.entries(namespaces)) await cluster.addNamespace(name, labels);
    await installControllers(cluster, values);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function installControllers(cluster: TestCluster, more: readonly string[]): Promise<void> {
  const helm = findHelm();
  if (!("path" in helm)) throw new Error(helm.why);
  const all = ["namespace.create=true", "controllers.enabled=true", ...more];
  const values = all.flatMap((value) => ["--set-json", value]);
  const place = ["--namespace", sluiceNamespace, "--kube-version", version];
  const text = execFileSync(helm.path, ["template", "sluice", chartFolder, ...place, ...values], {
    encoding: "utf8",
  });
  const file = join(cluster.plane.folder, "sluice.yaml");
  writeFileSync(file, text);
  await cluster.kubectl.do(["apply", "-f", file]);
  await eventually(
    "two replicas and two controllers are ready",
    () => {
      const { all } = cluster.replicas;
      return all.length === 4 && all.every(({ ready }) => ready);
    },
    { seconds: 240 },
  );
  await leaderOf(cluster);
  // The API server has heard of the replicas' addresses.
  const path = "/api/v1/namespaces/demo/pods?dryRun=All";
  await eventually("pods are served", () => cluster.api.create(path, podOf("try", { claims: ["imagenet"] })));
}

/** Who leads, as the Lease says; "" where nobody does. */
export async function holderOf(cluster: TestCluster): Promise<string> {
  return textAt(await cluster.api.get(leasePath), "spec", "holderIdentity");
}

/** The process that leads now. */
export function leaderOf(cluster: TestCluster): Promise<Replica> {
  return eventually("one of the processes leads", async () => {
    const holder = await holderOf(cluster);
    return cluster.replicas.all.find(({ name, running }) => running && holder.startsWith(`${name}_`));
  });
}

async function addDataLoads(cluster: TestCluster): Promise<void> {
  await addObject(cluster.api, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "dataloads.data.fluid.io" },
    spec: {
      group: "data.fluid.io",
      scope: "Namespaced",
      names: { kind: "DataLoad", plural: "dataloads", singular: "dataload", listKind: "DataLoadList" },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  });
  await eventually("DataLoads are served", () =>
    cluster.api.list("/apis/data.fluid.io/v1alpha1/namespaces/demo/dataloads").then(() => true),
  );
}
