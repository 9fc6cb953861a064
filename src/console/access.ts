import { fluidGroup } from "../cluster/api-resources.ts";

/** A right in the cluster, as `kubectl auth can-i VERB RESOURCE -n NAMESPACE` names it. */
export interface Right {
  readonly verb: "get" | "list" | "create";
  readonly group: string;
  readonly resource: string;
  /** Left out: in all namespaces, or of a resource without namespaces. */
  readonly namespace?: string;
  readonly name?: string;
}

/** Somebody who looks at the console. */
export interface Viewer {
  readonly user: string;
  may(right: Right): Promise<boolean>;
}

/** Tells who somebody is. Throws `ConsoleProblem` 401 with what is wrong with the token, 503 when nobody can tell. */
export interface Access {
  viewer(authorization: string | undefined): Promise<Viewer>;
}

/** For a folder of manifests, which whoever started the console may read anyway. */
export const openAccess: Access = {
  viewer: async () => ({ user: "you, on this machine", may: async () => true }),
};

/** The rights by which something is shown. */
export const rights = {
  pods: { verb: "list", group: "", resource: "pods" },
  events: { verb: "list", group: "", resource: "events" },
  datasets: { verb: "list", group: fluidGroup, resource: "datasets" },
  claims: { verb: "list", group: "", resource: "persistentvolumeclaims" },
  daemonSets: { verb: "list", group: "apps", resource: "daemonsets" },
  jobs: { verb: "list", group: "batch", resource: "jobs" },
  nodes: { verb: "list", group: "", resource: "nodes" },
  createPods: { verb: "create", group: "", resource: "pods" },
} as const satisfies Record<string, Right>;

/** In which namespaces somebody has a right. */
export interface Scope {
  readonly everywhere: boolean;
  has(namespace: string): boolean;
}

/** A page is waited for: more namespaces than these are not asked about, the later names. */
const mostNamespaces = 2_000;
const together = 16;

/** Asks where `viewer` has a right: in all namespaces, or else in each of `namespaces`. */
export async function scopeOf(viewer: Viewer, right: Right, namespaces: Iterable<string>): Promise<Scope> {
  if (await viewer.may(right)) return { everywhere: true, has: () => true };
  const asked = [...new Set(namespaces)].sort().slice(0, mostNamespaces);
  const allowed = new Set<string>();
  for (let from = 0; from < asked.length; from += together)
    await Promise.all(
      asked.slice(from, from + together).map(async (namespace) => {
        if (await viewer.may({ ...right, namespace })) allowed.add(namespace);
      }),
    );
  return { everywhere: false, has: (namespace) => allowed.has(namespace) };
}
