import { containersOf } from "./containers.ts";
import type { PodEditor } from "./pod-editor.ts";

/**
 * Lets the containers see a volume again when it is mounted anew on the node: mounts of `volumes` that state no
 * propagation get HostToContainer. What the user states is kept.
 */
export function propagateMounts(editor: PodEditor, volumes: ReadonlySet<string>): void {
  for (const { container, path } of containersOf(editor.pod)) {
    container.volumeMounts?.forEach((mount, index) => {
      if (!volumes.has(mount.name) || mount.mountPropagation !== undefined) return;
      const why = `container ${container.name} sees the dataset again when it is mounted anew on the node`;
      editor.set([...path, "volumeMounts", index, "mountPropagation"], "HostToContainer", why);
    });
  }
}
