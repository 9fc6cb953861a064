import type { ApiClient } from "./api-client.ts";
import { type Fields, fieldsOf, textAt } from "./fields.ts";
import { addObject, pathOf } from "./objects.ts";

/** Adds a node that says it is ready, though no kubelet runs on it. `node` brings its labels and its kubelet's version. */
export async function addNode(api: ApiClient, node: Fields, pods = 110): Promise<void> {
  const metadata = fieldsOf(node["metadata"]);
  const size = {
    cpu: "64",
    memory: "256Gi",
    pods: String(pods),
    "ephemeral-storage": "1Ti",
    "nvidia.com/gpu": "64",
  };
  const labels = {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    ...fieldsOf(metadata["labels"]),
  };
  await addObject(api, {
    ...node,
    metadata: { ...metadata, labels },
    status: {
      ...fieldsOf(node["status"]),
      capacity: size,
      allocatable: size,
      conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "made by hand" }],
      addresses: [{ type: "InternalIP", address: "10.10.0.1" }],
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: "none://0",
        kernelVersion: "",
        kubeProxyVersion: "",
        machineID: "",
        operatingSystem: "linux",
        osImage: "",
        systemUUID: "",
        kubeletVersion: textAt(node, "status", "nodeInfo", "kubeletVersion") || "v1.36.3",
      },
    },
  });
  // New nodes are tainted until the node lifecycle controller, which does not run here, finds them ready.
  await api.patch(pathOf(node), { spec: { taints: null } });
}
