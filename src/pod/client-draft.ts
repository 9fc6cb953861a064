import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import type { ClientPlan } from "./client-plan.ts";
import { freeName } from "./names.ts";

/** A client in the making: its template's container and volumes, under the names that they get in the pod. */
export interface ClientDraft {
  readonly plan: ClientPlan;
  readonly container: Container;
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
  const volumeMounts = (plan.template.container.volumeMounts ?? []).flatMap((mount) => {
    const name = names.get(mount.name);
    return name === undefined ? [] : [{ ...mount, name }];
  });
  return { plan, container: { ...plan.template.container, volumeMounts }, volumes };
}

/** The drafts whose claim is mounted: by a container of the pod, or by a client that is itself mounted. */
export function mountedDrafts(drafts: readonly ClientDraft[], pod: Pod): ClientDraft[] {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const inPod = new Set(
    containers.flatMap((container) => (container.volumeMounts ?? []).map((mount) => mount.name)),
  );
  const mounted = new Set(
    (pod.spec?.volumes ?? []).filter((volume) => inPod.has(volume.name)).map((volume) => claimOf(volume)),
  );
  for (const claim of mounted)
    for (const draft of drafts)
      if (draft.plan.claim === claim) for (const volume of draft.volumes) mounted.add(claimOf(volume));
  return drafts.filter((draft) => mounted.has(draft.plan.claim));
}

/** A client that mounts another client's dataset comes after it; otherwise they stay in the order of their numbers. */
export function inDependencyOrder(drafts: readonly ClientDraft[]): ClientDraft[] {
  const ordered = new Set<ClientDraft>();
  const visit = (draft: ClientDraft, above: readonly ClientDraft[]): void => {
    if (ordered.has(draft) || above.includes(draft)) return;
    const sources = new Set(draft.volumes.map(claimOf));
    for (const other of drafts) if (sources.has(other.plan.claim)) visit(other, [...above, draft]);
    ordered.add(draft);
  };
  for (const draft of drafts) visit(draft, []);
  return [...ordered];
}

export function claimOf(volume: Volume): string | undefined {
  return volume.persistentVolumeClaim?.claimName;
}
