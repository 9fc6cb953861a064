import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The node's address, on the bridge of its pods; API server and storage answer there too. */
export const nodeAddress = "10.99.0.1";
/** Where the API server finds itself: the first address of the services. */
export const serviceAddress = "10.96.0.1";
export const bridgeName = "pods";
export const pauseImage = "sluice.test/pause:1";
/** Inside the node. */
export const runtimeSocket = "/run/containerd/containerd.sock";

export interface NodeFiles {
  readonly containerd: string;
  readonly kubelet: string;
}

/** Writes the configuration of containerd, of its network and of the kubelet into `folder`. */
export function writeNodeConfig(folder: string, programs: string, cgroup: string): NodeFiles {
  const network = join(folder, "cni");
  mkdirSync(network, { recursive: true });
  writeFileSync(join(network, "10-bridge.conflist"), JSON.stringify(bridge(), undefined, 1));
  const files = { containerd: join(folder, "containerd.toml"), kubelet: join(folder, "kubelet.json") };
  writeFileSync(files.containerd, containerd(programs, network));
  writeFileSync(files.kubelet, JSON.stringify(kubelet(cgroup), undefined, 1));
  return files;
}

function bridge(): unknown {
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet: "10.99.0.0/16", rangeStart: "10.99.1.1", gateway: nodeAddress }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const plugins = [{ type: "bridge", bridge: bridgeName, isGateway: true, ipam }];
  return { cniVersion: "1.0.0", name: bridgeName, plugins };
}

function containerd(programs: string, network: string): string {
  const runtime = `plugins."io.containerd.cri.v1.runtime"`;
  return `version = 3
[grpc]
  address = "${runtimeSocket}"
[${runtime}]
  # Where this process may not lower the score, containers would not start at all.
  restrict_oom_score_adj = true
  [${runtime}.cni]
    bin_dirs = ["${programs}"]
    conf_dir = "${network}"
  [${runtime}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${runtime}.containerd.runtimes.runc.options]
      BinaryName = "${programs}/runc"
      SystemdCgroup = false
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
`;
}

function kubelet(cgroup: string): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${runtimeSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    // The disk of the machine is not what is tested.
    evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    imageGCHighThresholdPercent: 100,
    maxPods: 200,
  };
}
