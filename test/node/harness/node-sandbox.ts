import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Sandbox } from "../../e2e/harness/sandbox.ts";
import { bridgeName, nodeAddress, serviceAddress } from "./node-config.ts";

/** What a kubelet sets; the sandbox gets files of its own in their place, so that the machine's stay as they are. */
const sysctls = [
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
];

/** Namespaces in which a kubelet finds a machine of its own. `folder` is for what is to lie on a disk. */
export function openNodeSandbox(folder: string, programs: string): Promise<Sandbox> {
  const within = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    return join(folder, name);
  };
  const [kubelet, logs, values] = [within("kubelet"), within("logs"), within("sysctls")];
  const setUp = [
    "mount -t proc proc /proc",
    // Or what a client mounts in its container would never reach the app.
    "mount --make-rshared /",
    "for place in /run /var/lib; do mount -t tmpfs tmpfs $place; done",
    `mount --bind ${logs} /var/log`,
    // On a disk, as on any node: what kind of file system a volume lies on decides how it is torn down.
    `mkdir /var/lib/kubelet && mount --bind ${kubelet} /var/lib/kubelet && mount --make-shared /var/lib/kubelet`,
    ...sysctls.map((name) => {
      const copy = join(values, name.replaceAll("/", "."));
      return `cat /proc/sys/${name} >${copy} && mount --bind ${copy} /proc/sys/${name}`;
    }),
    // With an address of its own: else it has that of one of its ports, and pods lose their gateway when that port goes.
    `ip link add ${bridgeName} address 0a:58:0a:63:00:01 type bridge`,
    `ip addr add ${nodeAddress}/16 dev ${bridgeName}`,
    `ip link set ${bridgeName} up`,
  ];
  return Sandbox.open([serviceAddress, "10.10.0.1"], setUp, [join(programs, "catatonit"), "--"]);
}
