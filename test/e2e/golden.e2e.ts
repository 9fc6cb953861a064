import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { podIn } from "../golden/pod-place.ts";
import { showScripts } from "../golden/script-placeholders.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { type Fields, fieldsOf, listAt, textAt } from "./harness/fields.ts";
import { collectionOf, parseObjects } from "./harness/objects.ts";
import { readInstallManifest, TestCluster } from "./harness/test-cluster.ts";

const folder = new URL("../golden/", import.meta.url);
const results = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith("/expected.pod.yaml"))
  .sort();

/** A cluster without the webhook, but with the policy that is asked after the last one. */
async function clusterWithPolicy(): Promise<TestCluster> {
  const cluster = await TestCluster.start({ fluid: false });
  const policy = parseObjects(readInstallManifest()).filter(({ kind }) =>
    String(kind).startsWith("ValidatingAdmissionPolicy"),
  );
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
    const accounts = ["default", textAt(pod, "spec", "serviceAccountName")].filter((name) => name !== "");
    await cluster().addNamespace(namespace);
    for (const name of accounts) {
      const path = collectionOf("ServiceAccount", namespace);
      const answer = await cluster().api.send("POST", path, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name },
      });
      expect([201, 409]).toContain(answer.status);
    }
    const placed = { ...fieldsOf(pod), metadata: { ...fieldsOf(fieldsOf(pod)["metadata"]), namespace } };
    expect(await create(cluster(), "Pod", placed)).toBe("");
    expect(await create(cluster(), textAt(object, "kind"), object)).toBe("");
  });

  it("would not be accepted with an unknown field, so that the cases above say something", async () => {
    const pod = withoutClient({ spec: { containers: [{ name: "app", image: "app", imagee: "app" }] } });
    expect(await create(cluster(), "Pod", pod)).toContain('unknown field "spec.containers[0].imagee"');
  });
});

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
