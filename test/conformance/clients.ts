import type { Container, Pod } from "kubernetes-types/core/v1";
import { type Supervised, supervised } from "./supervisor-arguments.ts";

export type Group = "initContainers" | "containers";

/** A container of a pod that the pod did not bring along. */
export interface Added {
  readonly group: Group;
  readonly container: Container;
  /** Where it stands: its group, and the pod's own container that it is started before. */
  readonly position: string;
}

/** A cache client that was put into a pod. */
export interface Client extends Added {
  /** "namespace/name" of the dataset; a second client of the same dataset has "#2" behind it. */
  readonly id: string;
  readonly dataset: string;
  /** The container whose supervisor makes the views: the client's own, or the one that attends it. */
  readonly views?: { readonly container: Container; readonly supervised: Supervised };
}

export interface Injected {
  readonly clients: readonly Client[];
  /** Added containers that are no clients. */
  readonly others: readonly Added[];
}

/** Tells what was put into `pod`, which was `original` before. */
export function injectedInto(pod: Pod, original: Pod): Injected {
  const added = [...addedTo(pod, original, "initContainers"), ...addedTo(pod, original, "containers")];
  const clients: Client[] = [];
  const byName = (a: Added, b: Added) => (a.container.name < b.container.name ? -1 : 1);
  for (const one of added.filter((a) => /^fluid-fuse-\d+$/.test(a.container.name)).sort(byName)) {
    const dataset = datasetOf(pod, one.container.name);
    const before = clients.filter((client) => client.dataset === dataset).length;
    const id = before === 0 ? dataset : `${dataset}#${before + 1}`;
    const views = viewsOf(one.container, added);
    clients.push({ ...one, id, dataset, ...(views === undefined ? {} : { views }) });
  }
  return {
    clients,
    others: added.filter((one) => !clients.some((client) => client.container === one.container)),
  };
}

function datasetOf(pod: Pod, containerName: string): string {
  const labels = pod.metadata?.labels ?? {};
  const namespace = labels[`dataset-namespace.sidecar.fluid.io/${containerName}`];
  const name = labels[`dataset-name.sidecar.fluid.io/${containerName}`];
  return namespace === undefined || name === undefined
    ? `unlabelled ${containerName}`
    : `${namespace}/${name}`;
}

function viewsOf(client: Container, added: readonly Added[]): Client["views"] {
  const attendant = client.name.replace("fluid-fuse-", "sluice-views-");
  for (const container of [
    client,
    ...added.map((one) => one.container).filter((c) => c.name === attendant),
  ]) {
    const found = supervised(container);
    if (found !== undefined) return { container, supervised: found };
  }
  return undefined;
}

/** Both webhooks put theirs before the pod's own: of two with one name the later one is the pod's. */
function addedTo(pod: Pod, original: Pod, group: Group): Added[] {
  const own = new Map<string, number>();
  for (const { name } of original.spec?.[group] ?? []) own.set(name, (own.get(name) ?? 0) + 1);
  const added: Added[] = [];
  let next = "the end";
  for (const container of [...(pod.spec?.[group] ?? [])].reverse()) {
    const left = own.get(container.name) ?? 0;
    if (left > 0) {
      own.set(container.name, left - 1);
      next = container.name;
    } else added.push({ group, container, position: `${group}, before ${next}` });
  }
  return added.reverse();
}
