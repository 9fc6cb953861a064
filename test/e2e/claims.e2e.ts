import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { allowed } from "./harness/allowed.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, type Fields, fieldsOf, textAt } from "./harness/fields.ts";
import { newNames } from "./harness/new-names.ts";
import { addObject, parseObjects } from "./harness/objects.ts";
import { claimsOf, clientsOf, podOf, podSpecOf } from "./harness/pods.ts";
import { exampleFolder, type TestCluster } from "./harness/test-cluster.ts";

const demoPods = "/api/v1/namespaces/demo/pods";
const demoClaims = "/api/v1/namespaces/demo/persistentvolumeclaims";

describeCluster("claims that come late, and many of them", clusterWithSluice, (cluster) => {
  const newName = newNames();

  it("a StatefulSet with claims of a class that binds at once has its first pod within 5 s", async () => {
    await addObject(cluster().api, {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "at-once" },
      provisioner: "e2e.sluice.io/stand-in",
      volumeBindingMode: "Immediate",
    });
    const begun = performance.now();
    const name = newName("shards");
    await cluster().kubectl.do(["apply", "-f", "-"], JSON.stringify(statefulSet(name, "at-once")));
    const claim = await eventually("the claim is there", () =>
      cluster().api.get(`${demoClaims}/own-${name}-0`),
    );
    await addVolume(cluster(), claim, plainVolume);
    const pod = await eventually("the first pod is there", () => cluster().api.get(`${demoPods}/${name}-0`));
    const took = (performance.now() - begun) / 1000;
    process.stdout.write(`StatefulSet with claim templates: its first pod after ${took.toFixed(2)} s\n`);
    expect(took).toBeLessThan(allowed(5));
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    expect(claimsOf(pod)).toEqual([`own-${name}-0`]);
  });

  it("a dataset's claim that is bound a second after its pod's creation is waited for", async () => {
    // The half of a second that is left is the controller manager's as well: on a busy machine it may need another try.
    const served = await eventually("a pod is let in that came before its claim was bound", async () => {
      const name = newName("bound-later");
      const [claim, volume] = await addUnboundDataset(cluster(), name);
      const created = cluster().api.send("POST", demoPods, podOf(name, { claims: [name] }));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await addVolume(cluster(), claim, volume);
      const { status, body } = await created;
      if (status === 201) return body;
      expect(status).toBe(409);
      return undefined;
    });
    expect(clientsOf(served)).toEqual(["fluid-fuse-0"]);
  });

  it("a dataset's claim that stays unbound refuses its pod by name, and not for good", async () => {
    const name = newName("bound-much-later");
    const [claim, volume] = await addUnboundDataset(cluster(), name);
    const pod = podOf(name, { claims: [name] });
    const refused = await cluster().api.send("POST", demoPods, pod);
    expect(refused.status).toBe(409);
    expect(textAt(refused.body, "message")).toContain(`claim demo/${name}`);
    await addVolume(cluster(), claim, volume);
    const made = await eventually("the pod is let in", () => cluster().api.create(demoPods, pod));
    expect(clientsOf(made)).toEqual(["fluid-fuse-0"]);
  });

  it("among 10,000 claims of its namespace a pod gets its dataset", { timeout: 240_000 }, async () => {
    // It would only look again and again for 10,000 volumes that are not there.
    await cluster().plane.stop("kube-controller-manager");
    const claims = Array.from({ length: 10_000 }, (_, index) => `many-${index}`).values();
    const work = async () => {
      for (const name of claims) await addObject(cluster().api, plainClaim(name));
    };
    await Promise.all(Array.from({ length: 32 }, work));
    const [victim] = cluster().replicas.all;
    if (victim === undefined) throw new Error("no replica runs");
    const restarts = victim.restarts;
    victim.process.signal("SIGKILL");
    await eventually("the replica was started again", () => victim.restarts > restarts, { pauseMs: 10 });
    const begun = performance.now();
    await eventually("it is ready", async () => (await victim.ask("/readyz")).status === 200, {
      pauseMs: 20,
    });
    const seconds = (performance.now() - begun) / 1000;
    process.stdout.write(`10,000 claims in one namespace: ready ${seconds.toFixed(2)} s after the start\n`);
    const sent = performance.now();
    const made = await cluster().api.create(`${demoPods}?dryRun=All`, podOf("one", { claims: ["imagenet"] }));
    expect((performance.now() - sent) / 1000).toBeLessThan(allowed(2));
    expect(clientsOf(made)).toEqual(["fluid-fuse-0"]);
    expect(seconds).toBeLessThan(allowed(10));
  });
});

const plainVolume: Fields = {
  capacity: { storage: "1Gi" },
  accessModes: ["ReadWriteOnce"],
  storageClassName: "at-once",
  hostPath: { path: "/tmp/e2e" },
};

/** As a provisioner does it: a volume made out to this very claim. The controller manager binds the two. */
async function addVolume({ api }: TestCluster, claim: Fields, spec: Fields): Promise<void> {
  const { uid, name, namespace } = fieldsOf(claim["metadata"]);
  await addObject(api, {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `${namespace}-${name}` },
    spec: {
      ...spec,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
    },
  });
}

/** All of a dataset but its volume, so that the claim is not bound: the claim, and what the volume is to be. */
async function addUnboundDataset({ api }: TestCluster, name: string): Promise<[Fields, Fields]> {
  const text = readFileSync(join(exampleFolder, "cluster/imagenet.yaml"), "utf8");
  const objects = parseObjects(text.replaceAll("imagenet", name));
  const volume = objects.find(({ kind }) => kind === "PersistentVolume");
  for (const object of objects) {
    if (object["kind"] === "PersistentVolumeClaim") {
      const { volumeName: _, ...spec } = fieldsOf(object["spec"]);
      await addObject(api, { ...object, spec });
    } else if (object !== volume) await addObject(api, object);
  }
  return [await api.get(`${demoClaims}/${name}`), fieldsOf(at(volume, "spec"))];
}

function plainClaim(name: string): Fields {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "demo" },
    spec: claimSpec("none"),
  };
}

function claimSpec(storageClassName: string): Fields {
  return { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName };
}

/** Its pods mount a dataset and a claim of their own. */
function statefulSet(name: string, storageClassName: string): Fields {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace: "demo" },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpecOf(["imagenet"]) },
      volumeClaimTemplates: [{ metadata: { name: "own" }, spec: claimSpec(storageClassName) }],
    },
  };
}
