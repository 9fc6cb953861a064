import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../e2e/harness/eventually.ts";
import { type Fields, fieldsOf, textAt } from "../../e2e/harness/fields.ts";
import { addObject, parseObjects, pathOf } from "../../e2e/harness/objects.ts";
import { Running } from "../../e2e/harness/processes.ts";
import type { RealNode } from "./real-node.ts";

/** Runs the background work as the cluster's administrator, with what it does by default; `sluice`: the built command. */
export async function startControllers(node: RealNode, sluice: string): Promise<Running> {
  const kubeconfig = join(node.plane.pki.folder, "admin.conf");
  const argv = [process.execPath, sluice, "controllers", "--kubeconfig", kubeconfig, "-n", "sluice-system"];
  const running = new Running(
    "controllers",
    node.sandbox.command(argv),
    join(node.folder, "logs/controllers.log"),
  );
  await eventually("the controllers stand by", () => {
    if (!running.running) throw new Error(running.log());
    return running.log().includes("127.0.0.1:8081");
  });
  return running;
}

/**
 * Adds the volume of the golden case of the JuiceFS CSI driver under another name, as the driver's provisioner makes it
 * here: for namespace data, with the node's storage. `meta` and `data` are addresses. Resolves when its claim is bound.
 */
export async function addCsiVolume(
  node: RealNode,
  claim: string,
  storage: { readonly meta: string; readonly data: string },
): Promise<void> {
  const golden = readFileSync(new URL("../../golden/juicefs-csi/cluster.yaml", import.meta.url), "utf8");
  const text = golden
    .replaceAll("namespace: lab", "namespace: data")
    .replaceAll("pvc-2222bbbb", `pvc-${claim}`)
    .replaceAll("scratch", claim)
    .replaceAll("corpfs", claim)
    .replace("juicedata/mount:ce-v1.3.1", "sluice.test/juicefs:1");
  await addObject(node.api, { apiVersion: "v1", kind: "Namespace", metadata: { name: "storage" } });
  for (const object of parseObjects(text)) {
    if (object["kind"] === "Namespace") continue;
    const added = asProvisioned(object, storage);
    await addObject(node.api, added);
    if (added["kind"] === "PersistentVolumeClaim")
      await eventually(`claim ${claim} is bound`, async () => {
        return textAt(await node.api.get(pathOf(added)), "status", "phase") === "Bound";
      });
  }
}

function asProvisioned(
  object: Fields,
  { meta, data }: { readonly meta: string; readonly data: string },
): Fields {
  const { uid: _uid, ...metadata } = fieldsOf(object["metadata"]);
  const spec = fieldsOf(object["spec"]);
  if (object["kind"] === "Secret") {
    const { "access-key": _key, "secret-key": _secret, ...values } = fieldsOf(object["stringData"]);
    return { ...object, stringData: { ...values, metaurl: meta, storage: "redis", bucket: data } };
  }
  if (object["kind"] === "PersistentVolume") {
    const { uid: _of, ...claimRef } = fieldsOf(spec["claimRef"]);
    const capacity = { storage: "10Gi" };
    return { ...object, spec: { ...spec, capacity, storageClassName: "juicefs-sc", claimRef } };
  }
  if (object["kind"] === "PersistentVolumeClaim") {
    // The driver's own request of a whole CPU is half of this node.
    const annotations = { "juicefs/mount-cpu-request": "100m", "juicefs/mount-memory-request": "64Mi" };
    return { ...object, metadata: { ...metadata, annotations } };
  }
  return object;
}
