import type { Container, Pod } from "kubernetes-types/core/v1";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import { hideToken } from "./client-container.ts";
import type { ClientDraft } from "./client-draft.ts";
import type { ClientPlan } from "./client-plan.ts";
import { clientResources } from "./client-resources.ts";
import { containersOf, type ExplainedContainer } from "./containers.ts";
import { freeName } from "./names.ts";

/** The template's init containers that leave something for the client, as init containers of the pod. */
export function preparingContainers(
  { plan, initContainers }: ClientDraft,
  pod: Pod,
  tokenVolume: string,
): ExplainedContainer[] {
  if (initContainers.length === 0) return [];
  const taken = new Set(containersOf(pod).map((found) => found.container.name));
  return initContainers.map((container) => {
    const name = freeName(`sluice-prepare-${plan.number}`, taken);
    taken.add(name);
    const why = `init container ${container.name} of ${describeRef(plan.template.source)} leaves something for ${plan.name}`;
    return { container: preparingContainer(container, name, tokenVolume, plan), why };
  });
}

/** Why clients that start after these do not do, if one of them reads a dataset. */
export function preparesFromDataset(
  { plan, initContainers }: ClientDraft,
  isDataset: (volume: string) => boolean,
): Finding[] {
  const needs = initContainers.some((container) =>
    container.volumeMounts?.some((mount) => isDataset(mount.name)),
  );
  if (!needs) return [];
  const message = `an init container of the client of ${plan.label} reads another dataset, and a classic sidecar starts only after all init containers: use native sidecars (Kubernetes 1.29 or newer, sluice.io/sidecar: native)`;
  return [{ code: "init-container-needs-native", message }];
}

function preparingContainer(
  container: Container,
  name: string,
  tokenVolume: string,
  { asked, fallback }: ClientPlan,
): Container {
  const { runAsNonRoot = false, ...context } = container.securityContext ?? {};
  return {
    ...container,
    name,
    resources: clientResources(container.resources, asked, fallback),
    // Whatever user the pod runs as, the client's image was not made for it.
    securityContext: { ...(runAsNonRoot ? {} : { runAsUser: 0 }), ...context, runAsNonRoot },
    volumeMounts: [...(container.volumeMounts ?? []), ...hideToken(container, tokenVolume)],
  };
}
