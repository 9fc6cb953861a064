import type { Container } from "kubernetes-types/core/v1";
import type { RunningDataset } from "./find-dataset.ts";
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
export function writesBack(
  container: Container,
  mount: MountAttributes,
  physical: Pick<RunningDataset, "dataset" | "runtime">,
): boolean {
  if (mount.readOnly) return false;
  const program = clientProgram(mount.mountType);
  const words = [...strings(container.command), ...strings(container.args)];
  if (program === "juicefs")
    return mentionsWriteback([...words, ...envWords(container)]) || optionsWriteBack(physical);
  if (program === "thin") return true;
  return !words.some((word) => /^(-o ?|--fuse-opts=)(.*,)?ro(,|$)/.test(word));
}

/** `writeback_cache` is the kernel's own, which is written at close(). */
function mentionsWriteback(words: readonly string[]): boolean {
  return words.some((word) => /writeback(?![_-]?cache)/i.test(word));
}

/** Fluid: pkg/ddc/juicefs/transform_fuse.go takes mount options from the Dataset and from the runtime's fuse.options. */
function optionsWriteBack({ dataset, runtime }: Pick<RunningDataset, "dataset" | "runtime">): boolean {
  const { mountOptions } = dataset;
  const { clientOptions } = runtime;
  if (!mountOptions || !clientOptions) return true;
  return mentionsWriteback([...mountOptions, ...clientOptions]);
}

function envWords(container: Container): string[] {
  const env = Array.isArray(container.env) ? container.env : [];
  return env.flatMap((variable) => strings([variable?.name, variable?.value]));
}

function strings(values: unknown): string[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === "string") : [];
}
