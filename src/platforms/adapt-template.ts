import type { Container, Volume } from "kubernetes-types/core/v1";
import type { ClientTemplate } from "../types/dataset-volume.ts";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import type { Platform } from "./platform.ts";

const directories: readonly (string | undefined)[] = ["Directory", "DirectoryOrCreate"];

/**
 * The template as this platform takes it: a directory of the host becomes an empty one of the pod's, anything else of
 * the host is left out, and so is propagation that only a privileged container may have.
 */
export function adaptTemplate(
  template: ClientTemplate,
  platform: Platform,
): { template: ClientTemplate; findings: readonly Finding[] } {
  const noHostPath = platform.rules.forbidden.includes("hostPath");
  const unprivileged = platform.client.privilege !== "privileged";
  if (!noHostPath && !unprivileged) return { template, findings: [] };
  const findings: Finding[] = [];
  const gone = new Set<string>();
  const volumes = template.volumes.flatMap((volume): Volume[] => {
    const host = noHostPath ? volume.hostPath : undefined;
    if (host === undefined) return [volume];
    const replaced = directories.includes(host.type);
    if (!replaced) gone.add(volume.name);
    // What is privileged has the device, and what is not gets it by the platform's own way.
    if (host.path !== "/dev/fuse") findings.push(tell(template, volume.name, host.path, replaced, platform));
    return replaced ? [{ name: volume.name, emptyDir: {} }] : [];
  });
  const { container } = template;
  return {
    template: { ...template, volumes, container: withoutMounts(container, gone, unprivileged) },
    findings,
  };
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

function tell(
  template: ClientTemplate,
  volume: string,
  path: string,
  replaced: boolean,
  { name }: Platform,
): Finding {
  const done = replaced
    ? "becomes an emptyDir: what the client caches there is gone with the pod"
    : "is left out: give it to the client another way";
  const message = `platform ${name} takes no hostPath, so volume ${volume} (${path}) of ${describeRef(template.source)} ${done}`;
  return { code: "template-part-replaced", message };
}
