import type { Finding } from "../types/reason.ts";
import { containersOf } from "./containers.ts";
import type { PodEditor } from "./pod-editor.ts";

/**
 * Lets the containers see a volume again when it is mounted anew on the node: mounts of `volumes` that state no
 * propagation get HostToContainer. What the user states is kept. Returns what is to be said of mounts that cannot have it.
 */
export function propagateMounts(editor: PodEditor, volumes: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  for (const { container, path } of containersOf(editor.pod)) {
    container.volumeMounts?.forEach((mount, index) => {
      if (!volumes.has(mount.name) || mount.mountPropagation !== undefined) return;
      // Kubernetes allows no propagation beside it (pkg/apis/core/validation).
      if (mount.recursiveReadOnly !== undefined && mount.recursiveReadOnly !== "Disabled") {
        const message = `container ${container.name}, ${mount.mountPath}: recursiveReadOnly allows no mountPropagation, so the dataset will not come back by itself when it is mounted anew: use readOnly alone`;
        findings.push({ code: "no-healing", message, volume: mount.name });
        return;
      }
      const why = `container ${container.name} sees the dataset again when it is mounted anew on the node`;
      editor.set([...path, "volumeMounts", index, "mountPropagation"], "HostToContainer", why);
    });
  }
  return findings;
}
