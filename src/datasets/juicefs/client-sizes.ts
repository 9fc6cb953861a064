import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Percentages, Sizes } from "../../cluster/juicefs-settings.ts";
import { allContainers } from "../../types/pod-containers.ts";
import { parseQuantity } from "../../types/quantity.ts";

interface Pair {
  request?: string;
  limit?: string;
}
type Resource = "cpu" | "memory";

/** (juicefs-csi-driver: pkg/config/setting.go, the sizes of a mount pod that nobody sizes.) */
const defaults: Readonly<Record<Resource, Required<Pair>>> = {
  cpu: { request: "1", limit: "5" },
  memory: { request: "1Gi", limit: "5Gi" },
};
const smallest: Readonly<Record<Resource, string>> = { cpu: "100m", memory: "300Mi" };

export interface StatedSizes {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/**
 * What the attributes of a volume and the annotations of a claim say of the client's size, in place of the defaults: a
 * limit of 0 takes the limit away. Where only one of a pair is stated, the default gives way to it. Returns the key of a
 * value that is no quantity in place of that.
 */
export function statedSizes(attributes: Readonly<Record<string, string>>): StatedSizes | { bad: string } {
  const sizes = { requests: {} as Record<string, string>, limits: {} as Record<string, string> };
  for (const resource of ["cpu", "memory"] as const) {
    const pair = statedPair(resource, attributes);
    if ("bad" in pair) return pair;
    if (pair.request !== undefined) sizes.requests[resource] = pair.request;
    if (pair.limit !== undefined) sizes.limits[resource] = pair.limit;
  }
  return sizes;
}

function statedPair(
  resource: Resource,
  attributes: Readonly<Record<string, string>>,
): Pair | { readonly bad: string } {
  const keyOf = (kind: string) => `juicefs/mount-${resource}-${kind}`;
  const pair: Pair = { ...defaults[resource] };
  for (const kind of ["request", "limit"] as const) {
    const value = attributes[keyOf(kind)];
    if (value === undefined || value === "") continue;
    const amount = parseQuantity(kind === "limit" ? value.replace(/^-(?=[\d.])/, "") : value);
    if (amount === undefined) return { bad: keyOf(kind) };
    if (kind === "limit" && (amount === 0 || value.startsWith("-"))) delete pair.limit;
    else pair[kind] = value;
  }
  fitPair(pair, attributes[keyOf("request")] !== undefined);
  return pair;
}

function fitPair(pair: Pair, requestStated: boolean): void {
  if (pair.request === undefined || pair.limit === undefined) return;
  if ((parseQuantity(pair.request) ?? 0) <= (parseQuantity(pair.limit) ?? 0)) return;
  if (requestStated) pair.limit = pair.request;
  else pair.request = pair.limit;
}

/** The sizes that the configuration file gives, whole: what it leaves out is nobody's. */
export function replacedSizes(sizes: Sizes): StatedSizes {
  return { requests: sizes.requests ?? {}, limits: sizes.limits ?? {} };
}

/**
 * Sizes as shares of what the containers that mount the claim have: CPU in whole thousandths, memory in whole MiB, both
 * rounded up. What the app does not state is left as it is in `sizes`.
 * (juicefs-csi-driver: pkg/config/setting.go, applyResourcePercentages.)
 */
export function sharedSizes(
  sizes: StatedSizes,
  percentages: Percentages,
  pod: Pod,
  claim: string,
): StatedSizes {
  const containers = consumersOf(pod, claim);
  const result = { requests: { ...sizes.requests }, limits: { ...sizes.limits } };
  for (const resource of ["cpu", "memory"] as const) {
    for (const kind of ["requests", "limits"] as const) {
      const share = percentages[kind]?.[resource];
      const sum = sumOf(containers, kind, resource);
      if (share === undefined || sum === 0) continue;
      const floor = kind === "limits" ? (percentages.minLimits?.[resource] ?? smallest[resource]) : "0";
      result[kind][resource] = round(Math.max(sum * share, parseQuantity(floor) ?? 0), resource);
    }
  }
  return result;
}

function consumersOf(pod: Pod, claim: string): Container[] {
  const volumes = new Set(
    pod.spec?.volumes?.filter((v) => v.persistentVolumeClaim?.claimName === claim).map((v) => v.name),
  );
  return allContainers(pod).filter((container) =>
    container.volumeMounts?.some((mount) => volumes.has(mount.name)),
  );
}

function sumOf(containers: readonly Container[], kind: "requests" | "limits", resource: Resource): number {
  return containers.reduce(
    (sum, container) => sum + (parseQuantity(container.resources?.[kind]?.[resource]) ?? 0),
    0,
  );
}

function round(amount: number, resource: Resource): string {
  // Sums of decimal fractions are a little off.
  const up = (units: number) => Math.ceil(units - 1e-6);
  return resource === "cpu" ? `${up(amount * 1000)}m` : `${up(amount / 2 ** 20)}Mi`;
}
