import type { Container } from "kubernetes-types/core/v1";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { MountAttributes } from "./mount-attributes.ts";
import { clientProgram } from "./mount-types.ts";

/**
 * Whether a client may still hold unwritten data once all its files are closed. In doubt it does: being waited for
 * costs it seconds, being ended too soon costs the user data.
 * - A volume that nobody may write to leaves nothing to upload.
 * - JuiceFS uploads in close(), unless mounted with `writeback`. Fluid writes its options into a script that is not read
 *   here, so the objects that it takes them from have to be known.
 * - Alluxio's and Jindo's clients end a file after its close(), in release(), unless they mount read-only.
 * - Of a program that a ThinRuntime brings along nothing is known.
 */
export function writesBack(container: Container, mount: MountAttributes, cluster: ClusterView): boolean {
  if (mount.readOnly) return false;
  const program = clientProgram(mount.mountType);
  const words = [...strings(container.command), ...strings(container.args)];
  if (program === "juicefs")
    return mentionsWriteback([...words, ...envWords(container)]) || optionsWriteBack(mount, cluster);
  if (program === "thin") return true;
  return !words.some((word) => /^(-o ?|--fuse-opts=)(.*,)?ro(,|$)/.test(word));
}

/** `writeback_cache` is the kernel's own, which is written at close(). */
function mentionsWriteback(words: readonly string[]): boolean {
  return words.some((word) => /writeback(?![_-]?cache)/i.test(word));
}

/** Fluid: pkg/ddc/juicefs/transform_fuse.go takes mount options from the Dataset and from the runtime's fuse.options. */
function optionsWriteBack({ runtime }: MountAttributes, cluster: ClusterView): boolean {
  const ofMounts = cluster.dataset(runtime.namespace, runtime.name)?.mountOptions;
  const ofClient = cluster.runtime("JuiceFSRuntime", runtime.namespace, runtime.name)?.clientOptions;
  if (!ofMounts || !ofClient) return true;
  return mentionsWriteback([...ofMounts, ...ofClient]);
}

function envWords(container: Container): string[] {
  const env = Array.isArray(container.env) ? container.env : [];
  return env.flatMap((variable) => strings([variable?.name, variable?.value]));
}

function strings(values: unknown): string[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === "string") : [];
}
