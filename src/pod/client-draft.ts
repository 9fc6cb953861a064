import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { allContainers } from "../types/pod-containers.ts";
import type { ClientPlan } from "./client-plan.ts";
import { freeName } from "./names.ts";

/** A client in the making: its template's container and volumes, under the names that they get in the pod. */
export interface ClientDraft {
  readonly plan: ClientPlan;
  readonly container: Container;
  /** What has to run before it, each to its end. */
  readonly initContainers: readonly Container[];
  readonly volumes: readonly Volume[];
}

/** Renames the template's volumes to `<name>-<number>`, as Fluid does; never to a name in `taken`, which grows. */
export function draftClient(plan: ClientPlan, taken: Set<string>): ClientDraft {
  const names = new Map<string, string>();
  const volumes = plan.template.volumes.map((volume) => {
    const name = freeName(`${volume.name}-${plan.number}`, taken);
    taken.add(name);
    names.set(volume.name, name);
    return { ...volume, name };
  });
  const renamed = <T extends { readonly name: string }>(uses: readonly T[] | undefined): T[] =>
    (uses ?? []).flatMap((use) => {
      const name = names.get(use.name);
      return name === undefined ? [] : [{ ...use, name }];
    });
  const drafted = ({ volumeMounts, volumeDevices, ...rest }: Container): Container => ({
    ...rest,
    volumeMounts: renamed(volumeMounts),
    ...(volumeDevices === undefined ? {} : { volumeDevices: renamed(volumeDevices) }),
  });
  const { container, initContainers = [] } = plan.template;
  return { plan, container: drafted(container), initContainers: initContainers.map(drafted), volumes };
}

/** The claims that are mounted: by a container of the pod, or by a client that serves a mounted claim. */
export function mountedClaims(drafts: readonly ClientDraft[], pod: Pod): ReadonlySet<string> {
  const containers = allContainers(pod);
  const inPod = new Set(containers.flatMap((c) => (c.volumeMounts ?? []).map((mount) => mount.name)));
  const mounted = new Set((pod.spec?.volumes ?? []).filter((v) => inPod.has(v.name)).flatMap(claimsOf));
  // A set goes on with what is added to it on the way.
  for (const claim of mounted) {
    const draft = drafts.find((candidate) => serves(candidate.plan, claim));
    for (const source of draft?.volumes.flatMap(claimsOf) ?? []) mounted.add(source);
  }
  return mounted;
}

/** A client that mounts another client's dataset comes after it; otherwise they stay in the order of their numbers. */
export function inDependencyOrder(drafts: readonly ClientDraft[]): ClientDraft[] {
  const ordered = new Set<ClientDraft>();
  const visit = (draft: ClientDraft, above: readonly ClientDraft[]): void => {
    if (ordered.has(draft) || above.includes(draft)) return;
    const sources = draft.volumes.flatMap(claimsOf);
    for (const other of drafts)
      if (sources.some((claim) => serves(other.plan, claim))) visit(other, [...above, draft]);
    ordered.add(draft);
  };
  for (const draft of drafts) visit(draft, []);
  return [...ordered];
}

/** Whether the plan's client serves the claim of that name. */
export function serves(plan: ClientPlan, claim: string): boolean {
  return plan.claims.some((served) => served.name === claim);
}

function claimsOf(volume: Volume): string[] {
  return volume.persistentVolumeClaim === undefined ? [] : [volume.persistentVolumeClaim.claimName];
}
