import type { Pod } from "kubernetes-types/core/v1";
import type { Claim, ClusterView } from "../../cluster/cluster-view.ts";
import type { JuicefsSettings, MountPodPatch } from "../../cluster/juicefs-settings.ts";
import { matchesLabels } from "./label-match.ts";

/** What stands for `${NAME}` in an entry of the configuration file. */
export interface PatchTemplates {
  readonly MOUNT_POINT: string;
  readonly VOLUME_ID: string;
  readonly VOLUME_NAME: string;
  readonly SUB_PATH: string;
}

/**
 * The entries of the driver's configuration file that match the claim and the pod's node, as one: of each field the
 * last one counts, volumes add up. (juicefs-csi-driver: pkg/config/config.go, GenMountPodPatch.)
 */
export function patchFor(
  { patches }: JuicefsSettings,
  claim: Claim,
  pod: Pod,
  cluster: ClusterView,
  templates: PatchTemplates,
): MountPodPatch {
  let merged: MountPodPatch = {};
  let nodeLabels: Readonly<Record<string, string>> | undefined;
  for (const patch of patches) {
    if (!matchesClaim(patch, claim)) continue;
    if (patch.nodes !== undefined) {
      nodeLabels ??= labelsOfNode(pod, cluster);
      if (!matchesLabels(patch.nodes, nodeLabels)) continue;
    }
    const volumes = withoutNamesOf(patch.volumes, merged.volumes);
    const isThere = ({ name }: { readonly name: string }) => volumes.some((volume) => volume.name === name);
    merged = {
      ...merged,
      ...patch,
      volumes: [...(merged.volumes ?? []), ...volumes],
      volumeMounts: [...(merged.volumeMounts ?? []), ...(patch.volumeMounts ?? []).filter(isThere)],
      volumeDevices: [...(merged.volumeDevices ?? []), ...(patch.volumeDevices ?? []).filter(isThere)],
    };
  }
  return merged.templated ? filled(merged, templates) : merged;
}

/**
 * The name of a template whose value the file's entries are not to be filled in with, for it could be read as something
 * else where an entry is a shell's command; undefined when there is none. A claim's maker may have a say in the values.
 */
export function unsafeTemplate({ patches }: JuicefsSettings, templates: PatchTemplates): string | undefined {
  const unsafe = Object.entries(templates).filter(([, value]) => !/^[\w./@:+-]*$/.test(value));
  if (unsafe.length === 0) return undefined;
  const text = JSON.stringify(patches.filter((patch) => patch.templated));
  return unsafe.find(([name]) => text.includes(`\${${name}}`))?.[0];
}

function matchesClaim({ claims }: MountPodPatch, claim: Claim): boolean {
  if (claims === undefined) return true;
  if (claims.name !== undefined && claims.name !== claim.name) return false;
  if (claims.storageClassName !== undefined && claims.storageClassName !== (claim.storageClassName ?? ""))
    return false;
  return claims.labels === undefined || matchesLabels(claims.labels, claim.labels);
}

/** Of a pod that is not bound yet what is certain of its node: what it selects, or requires as the only value. */
function labelsOfNode({ spec }: Pod, cluster: ClusterView): Readonly<Record<string, string>> {
  const node = spec?.nodeName ? cluster.node(spec.nodeName) : undefined;
  if (node !== undefined) return node.labels;
  const labels: Record<string, string> = {};
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 1)
    for (const { key, operator, values = [] } of terms[0]?.matchExpressions ?? []) {
      const [only] = values;
      if (operator === "In" && values.length === 1 && only !== undefined) labels[key] = only;
    }
  return { ...labels, ...spec?.nodeSelector };
}

function withoutNamesOf<T extends { readonly name: string }>(
  list: readonly T[] | undefined,
  taken: readonly T[] | undefined,
): readonly T[] {
  return (list ?? []).filter(({ name }) => !taken?.some((other) => other.name === name));
}

function filled<T>(value: T, templates: PatchTemplates): T;
function filled(value: unknown, templates: PatchTemplates): unknown {
  if (typeof value === "string")
    return value.replace(/\$\{(MOUNT_POINT|VOLUME_ID|VOLUME_NAME|SUB_PATH)\}/g, (whole, name: string) =>
      isTemplate(name, templates) ? templates[name] : whole,
    );
  if (Array.isArray(value)) return value.map((entry) => filled(entry, templates));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filled(entry, templates)]));
}

function isTemplate(name: string, templates: PatchTemplates): name is keyof PatchTemplates {
  return Object.hasOwn(templates, name);
}
