import type { Container, HostPathVolumeSource, Volume } from "kubernetes-types/core/v1";
import type { ClientTemplate } from "../types/dataset-volume.ts";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import type { Platform } from "./platform.ts";

/** What becomes of a directory of the host where the platform takes none. */
export type HostPathChoice = "emptyDir" | "drop" | "refuse";

/**
 * The template as this platform takes it: a directory of the host becomes what `hostPaths` says, anything else of the
 * host is left out, and so is propagation that only a privileged container may have.
 */
export function adaptTemplate(
  template: ClientTemplate,
  platform: Platform,
  hostPaths: HostPathChoice = "emptyDir",
): { template: ClientTemplate; findings: readonly Finding[] } {
  const noHostPath = platform.rules.forbidden.includes("hostPath");
  const unprivileged = platform.client.privilege !== "privileged";
  if (!noHostPath && !unprivileged) return { template, findings: [] };
  const findings: Finding[] = [];
  const gone = new Set<string>();
  const volumes = template.volumes.flatMap((volume): Volume[] => {
    const host = noHostPath ? volume.hostPath : undefined;
    if (host === undefined) return [volume];
    const becomes = replacementOf(host.type, hostPaths);
    if (becomes === "drop") gone.add(volume.name);
    // What is privileged has the device, and what is not gets it by the platform's own way.
    if (host.path !== "/dev/fuse") findings.push(tell(template, volume.name, host, becomes, platform));
    return becomes === "drop" ? [] : [{ name: volume.name, emptyDir: {} }];
  });
  const { container, initContainers } = template;
  const adapted = (one: Readonly<Container>) => withoutMounts(one, gone, unprivileged);
  return {
    template: {
      ...template,
      volumes,
      container: adapted(container),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(adapted) }),
    },
    findings,
  };
}

/** A directory that has to be there already is no cache: a client would serve an empty one without a word. */
function replacementOf(type: string | undefined, hostPaths: HostPathChoice): HostPathChoice {
  if (type === "DirectoryOrCreate") return hostPaths;
  return type === "Directory" && hostPaths !== "drop" ? "refuse" : "drop";
}

function withoutMounts(
  container: Readonly<Container>,
  gone: ReadonlySet<string>,
  unprivileged: boolean,
): Container {
  const volumeMounts = (container.volumeMounts ?? [])
    .filter((mount) => !gone.has(mount.name))
    .map((mount) => {
      if (!unprivileged || mount.mountPropagation !== "Bidirectional") return mount;
      const { mountPropagation: _, ...rest } = mount;
      return rest;
    });
  return { ...container, volumeMounts };
}

const outcome: Readonly<Record<HostPathChoice, string>> = {
  emptyDir: "becomes an emptyDir: what the client caches there is gone with the pod",
  drop: "is left out: give it to the client another way",
  refuse:
    "would have to be replaced: take it out of the runtime, or set refusedHostPaths: emptyDir in the configuration",
};

const expected =
  "has to be on the node already, so something is expected in it: take it out of the runtime, or set refusedHostPaths: drop in the configuration";

function tell(
  template: ClientTemplate,
  volume: string,
  { path, type }: HostPathVolumeSource,
  becomes: HostPathChoice,
  { name }: Platform,
): Finding {
  const what = `platform ${name} takes no hostPath, so volume ${volume} (${path}) of ${describeRef(template.source)}`;
  if (becomes !== "refuse") return { code: "template-part-replaced", message: `${what} ${outcome[becomes]}` };
  const words = type === "Directory" ? expected : outcome.refuse;
  return { code: "host-path-refused", message: `${what} ${words}` };
}
