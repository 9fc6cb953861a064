import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { at, type Fields, fieldsOf, listAt, textAt } from "../harness/fields.ts";
import { addObject, parseObjects } from "../harness/objects.ts";
import { clientsOf, podOf } from "../harness/pods.ts";
import { exampleFolder, type TestCluster } from "../harness/test-cluster.ts";
import { UserShell } from "../harness/user-shell.ts";

const teamPods = "/api/v1/namespaces/team/pods";
const ownDataset = "/apis/data.fluid.io/v1alpha1/namespaces/demo/datasets/imagenet";
const ownDaemonSet = "/apis/apps/v1/namespaces/demo/daemonsets/imagenet-fuse";
const withoutJq = spawnSync("jq", ["--version"]).status !== 0;

// Each case goes on where the one before it has ended.
export function referenceCases(cluster: () => TestCluster): void {
  it("is refused while nobody says that its client's Secret is there, with what to do", async () => {
    const { api } = cluster();
    const owner = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner" } };
    const { metadata } = await api.createAnew("/api/v1/namespaces/demo/configmaps", owner);
    await addObject(api, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: "bucket",
        namespace: "demo",
        ownerReferences: [
          { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: textAt(metadata, "uid") },
        ],
      },
      stringData: { key: "s3cret" },
    });
    await api.patch(ownDaemonSet, {
      spec: {
        template: { spec: { containers: [await clientWith(cluster(), "alluxio/alluxio-dev:2.9.0")] } },
      },
    });
    await cluster().addNamespace("team", { "sluice.io/injection": "enabled" });
    await addReference(cluster(), "mine", "train");

    const refused = await eventually("the pod is refused for want of the Secret", async () => {
      const answer = await api.send("POST", `${teamPods}?dryRun=All`, podOf("p", mine));
      return textAt(answer.body, "message").includes("secret/bucket") ? answer : undefined;
    });
    expect(refused.status).toBe(409);
    expect(textAt(refused.body, "message")).toContain(
      "Dataset team/mine needs secret/bucket of namespace demo in team: copy what is not there",
    );
  });

  it.skipIf(withoutJq)("is served once the printed command has been run", async () => {
    const { api } = cluster();
    // As it was before a try that failed.
    await api.delete("/api/v1/namespaces/team/secrets/bucket");
    await say(cluster(), "mine", null);
    const refused = await eventually("the pod is refused", async () => {
      const answer = await api.send("POST", `${teamPods}?dryRun=All`, podOf("p", mine));
      return answer.status === 201 ? undefined : answer;
    });
    const command = /: (kubectl .*)$/s.exec(textAt(refused.body, "message"))?.[1] ?? "";
    expect(await new UserShell(cluster()).do(command)).toContain("secret/bucket created");
    const copied = await api.get("/api/v1/namespaces/team/secrets/bucket");
    expect(at(copied, "data", "key")).toBe(Buffer.from("s3cret").toString("base64"));
    // The garbage collector would delete what names an owner in another namespace.
    expect(at(copied, "metadata", "ownerReferences")).toBeUndefined();

    const pod = await eventually("the pod is let in", () => api.createAnew(teamPods, podOf("served", mine)));
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    const client = clientOf(pod);
    expect(JSON.stringify(client)).toContain('"secretKeyRef":{"name":"bucket","key":"key"}');
    const command0 = listOf(client, "command");
    expect(command0.slice(4, 8)).toEqual([
      "/runtime-mnt/alluxio/demo/imagenet/alluxio-fuse",
      "/sluice/views/mine/view-0",
      "train",
      "ro",
    ]);
    expect(textAt(pod, "metadata", "labels", "dataset-name.sidecar.fluid.io/fluid-fuse-0")).toBe("mine");
  });

  it("has the client that its owner has now, not the one that Fluid has copied", async () => {
    const { api } = cluster();
    await say(cluster(), "mine", "secret/bucket");
    await api.patch(ownDaemonSet, {
      spec: {
        template: { spec: { containers: [await clientWith(cluster(), "alluxio/alluxio-dev:2.9.1")] } },
      },
    });
    await eventually("the newer client is served", async () => {
      const pod = await api.create(`${teamPods}?dryRun=All`, podOf("newer", mine));
      return textAt(clientOf(pod), "image") === "alluxio/alluxio-dev:2.9.1";
    });
  });

  it("is refused as soon as its owner does not permit it, and served as soon as the owner does", async () => {
    const { api } = cluster();
    const permit = (namespaces: string) =>
      api.patch(ownDataset, { metadata: { annotations: { "sluice.io/referable-from": namespaces } } });
    onTestFinished(async () => {
      await permit("others,team");
    });
    await permit("others");
    const refused = await eventually("the pod is refused", async () => {
      const answer = await api.send("POST", `${teamPods}?dryRun=All`, podOf("p", mine));
      return answer.status === 201 ? undefined : answer;
    });
    expect(refused.status).toBe(403);
    expect(textAt(refused.body, "message")).toContain("whose owner does not permit namespace team");
    await permit("others,team");
    // A refusal rests on what is read at once.
    const pod = await api.create(`${teamPods}?dryRun=All`, podOf("p", mine));
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
  });

  it("shares its client with another one of the same dataset", async () => {
    const { api } = cluster();
    await addReference(cluster(), "yours", "val");
    await say(cluster(), "yours", "secret/bucket");
    const both = { namespace: "team", claims: ["mine", "yours"] };
    const pod = await eventually("the pod is let in", () => api.createAnew(teamPods, podOf("both", both)));
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    expect(listOf(clientOf(pod), "command").slice(5, 11)).toEqual([
      "/sluice/views/mine/view-0",
      "train",
      "ro",
      "/sluice/views/yours/view-0",
      "val",
      "ro",
    ]);
  });
}

const mine = { namespace: "team", claims: ["mine"] };

function clientOf(pod: unknown): Fields | undefined {
  return listAt(pod, "spec", "initContainers").find(({ name }) => name === "fluid-fuse-0");
}

function listOf(object: unknown, key: string): readonly unknown[] {
  const list = at(object, key);
  return Array.isArray(list) ? list : [];
}

/** The example's client, with another image and a Secret. */
async function clientWith({ api }: TestCluster, image: string): Promise<Fields> {
  const [container] = listAt(await api.get(ownDaemonSet), "spec", "template", "spec", "containers");
  const secret = { name: "KEY", valueFrom: { secretKeyRef: { name: "bucket", key: "key" } } };
  return { ...container, image, env: [secret] };
}

/** All that Fluid's controllers make for a dataset of namespace team that refers to demo/imagenet. */
async function addReference(cluster: TestCluster, name: string, subPath: string): Promise<void> {
  const example = parseObjects(readFileSync(join(exampleFolder, "cluster/imagenet.yaml"), "utf8"));
  const metadata = { name, namespace: "team" };
  for (const object of example) {
    const spec = fieldsOf(object["spec"]);
    switch (object["kind"]) {
      case "Dataset": {
        const runtimes = [{ ...metadata, category: "Accelerate", type: "thin" }];
        const mounts = [{ mountPoint: `dataset://demo/imagenet/${subPath}`, name }];
        await addObject(cluster.api, {
          ...object,
          metadata,
          spec: { mounts },
          status: { phase: "Bound", runtimes },
        });
        break;
      }
      case "PersistentVolumeClaim":
        await addObject(cluster.api, {
          ...object,
          metadata: { ...metadata, labels: { [`fluid.io/s-team-${name}`]: "true" } },
          spec: { ...spec, volumeName: `team-${name}` },
        });
        break;
      case "PersistentVolume": {
        const csi = fieldsOf(spec["csi"]);
        const volumeAttributes = { ...fieldsOf(csi["volumeAttributes"]), fluid_sub_path: subPath };
        await addObject(cluster.api, {
          ...object,
          metadata: { name: `team-${name}` },
          spec: {
            ...spec,
            claimRef: metadata,
            csi: { ...csi, volumeHandle: `team-${name}`, volumeAttributes },
          },
        });
        break;
      }
      case "DaemonSet":
        await addObject(cluster.api, { ...object, metadata: { name: `${name}-fuse`, namespace: "team" } });
        break;
    }
  }
  await addObject(cluster.api, {
    apiVersion: "data.fluid.io/v1alpha1",
    kind: "ThinRuntime",
    metadata,
    spec: {},
  });
  await cluster.boundClaims([`/api/v1/namespaces/team/persistentvolumeclaims/${name}`]);
}

async function say({ api }: TestCluster, name: string, objects: string | null): Promise<void> {
  const annotations = { "sluice.io/client-objects": objects };
  await api.patch(`/apis/data.fluid.io/v1alpha1/namespaces/team/datasets/${name}`, {
    metadata: { annotations },
  });
}
