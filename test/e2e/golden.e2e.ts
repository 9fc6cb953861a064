import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { podIn } from "../golden/pod-place.ts";
import { showScripts } from "../golden/script-placeholders.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { type Fields, fieldsOf, listAt, textAt } from "./harness/fields.ts";
import { servedPod } from "./harness/large-pods.ts";
import { collectionOf, parseObjects } from "./harness/objects.ts";
import { readInstallManifest, TestCluster } from "./harness/test-cluster.ts";

const folder = new URL("../golden/", import.meta.url);
const results = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith("/expected.pod.yaml"))
  .sort();

/**
 * A cluster without the webhook, but with the policy that is asked after the last one; it refuses here what it cannot
 * evaluate, so that this does not go unseen.
 */
async function clusterWithPolicy(): Promise<TestCluster> {
  const cluster = await TestCluster.start({ fluid: false });
  const policy = parseObjects(readInstallManifest()).flatMap((object) => {
    if (!String(object["kind"]).startsWith("ValidatingAdmissionPolicy")) return [];
    if (object["kind"] !== "ValidatingAdmissionPolicy") return [object];
    return [{ ...object, spec: { ...fieldsOf(object["spec"]), failurePolicy: "Fail" } }];
  });
  await cluster.kubectl.do(
    ["apply", "-f", "-"],
    policy.map((object) => JSON.stringify(object)).join("\n---\n"),
  );
  await eventually("the policy is in force", async () =>
    (await create(cluster, "Pod", withoutClient())).includes("which is not in the pod"),
  );
  return cluster;
}

describeCluster("golden results", clusterWithPolicy, (cluster) => {
  it("are there", () => expect(results.length).toBeGreaterThan(20));

  it.each(results)("%s is a pod that the API server and the policy accept", async (file) => {
    const object = fieldsOf(showScripts(parse(readFileSync(new URL(file, folder), "utf8"))));
    const { pod, namespace = "default" } = podIn(object);
    await addNamespace(cluster(), namespace, ["default", textAt(pod, "spec", "serviceAccountName")]);
    const placed = { ...fieldsOf(pod), metadata: { ...fieldsOf(fieldsOf(pod)["metadata"]), namespace } };
    expect(await create(cluster(), "Pod", placed)).toBe("");
    expect(await create(cluster(), textAt(object, "kind"), object)).toBe("");
  });

  it.each([
    ["native", "platform-acs-one", "data"],
    ["classic", "platform-vci-one", "data"],
    ["views", "init-container", "corpus"],
  ])("is refused by the policy with a consumer before its client: %s", async (_kind, name, volume) => {
    const object = fieldsOf(
      showScripts(parse(readFileSync(new URL(`${name}/expected.pod.yaml`, folder), "utf8"))),
    );
    const namespace = textAt(object, "metadata", "namespace");
    await addNamespace(cluster(), namespace, ["default"]);
    const mounts = [{ name: volume, mountPath: "/early" }];
    const early = { name: "early", image: "early:1", volumeMounts: mounts };
    const spec = fieldsOf(object["spec"]);
    const before = {
      ...object,
      spec: { ...spec, initContainers: [early, ...listAt(spec, "initContainers")] },
    };
    expect(await create(cluster(), "Pod", before)).toContain(
      "container early mounts a dataset and stands before the client that serves it",
    );
  });

  it.each([
    { containers: 500, clients: 1 },
    { containers: 470, clients: 10 },
    { containers: 240, clients: 20 },
    { containers: 49, clients: 100 },
    { containers: 500, clients: 1, first: "harmless" },
    { containers: 470, clients: 10, first: "harmless" },
    { containers: 240, clients: 20, first: "harmless" },
    { containers: 470, clients: 10, first: "consumer" },
    { containers: 240, clients: 20, first: "consumer" },
  ] as const)("a pod is looked at however large Sluice lets it be: %j", async (shape) => {
    await addNamespace(cluster(), "large", ["default"]);
    const said = await create(cluster(), "Pod", servedPod("large", shape));
    if ("first" in shape && shape.first === "consumer")
      expect(said).toContain("container early mounts a dataset and stands before the client that serves it");
    else expect(said).toBe("");
  });

  it("would not be accepted with an unknown field, so that the cases above say something", async () => {
    const pod = withoutClient({ spec: { containers: [{ name: "app", image: "app", imagee: "app" }] } });
    expect(await create(cluster(), "Pod", pod)).toContain('unknown field "spec.containers[0].imagee"');
  });
});

/** A namespace with these ServiceAccounts, for nobody makes any. */
async function addNamespace(
  cluster: TestCluster,
  namespace: string,
  accounts: readonly string[],
): Promise<void> {
  await cluster.addNamespace(namespace);
  for (const name of accounts.filter((account) => account !== "")) {
    const path = collectionOf("ServiceAccount", namespace);
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } };
    const answer = await cluster.api.send("POST", path, account);
    expect([201, 409]).toContain(answer.status);
  }
}

/** What the API server says against the object; "" when it would take it just as it is. */
async function create(cluster: TestCluster, kind: string, object: Fields): Promise<string> {
  const namespace = textAt(object, "metadata", "namespace") || "default";
  const path = `${collectionOf(kind, namespace)}?dryRun=All&fieldValidation=Strict`;
  const { status, body, warnings } = await cluster.api.send("POST", path, object);
  if (status >= 300) return textAt(body, "message");
  const kept =
    listAt(body, "spec", "initContainers").length === listAt(object, "spec", "initContainers").length;
  return [...warnings, ...(kept ? [] : ["init containers were changed"])].join("; ");
}

function withoutClient(overrides: Fields = {}): Fields {
  const status = JSON.stringify({ verdict: "injected", clients: { imagenet: "fluid-fuse-0" } });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "hollow",
      // By which the policy's binding knows the pods that it looks at.
      labels: { "done.sidecar.fluid.io/inject": "true" },
      annotations: { "sluice.io/status": status },
    },
    spec: { containers: [{ name: "app", image: "app" }] },
    ...overrides,
  };
}
