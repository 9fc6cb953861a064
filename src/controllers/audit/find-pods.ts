import type { ApiConnection } from "../../cluster/api-connection.ts";
import { ApiError, reasonOf } from "../../cluster/api-error.ts";
import { type FollowedResource, resourceName } from "../../cluster/api-resources.ts";
import { readListPage } from "../../cluster/list-pages.ts";
import { type RawObject, textAt } from "../../cluster/raw-fields.ts";

export interface FindPodsOptions<Found> {
  readonly connection: ApiConnection;
  /** All of them where it is left out. */
  readonly namespaces?: readonly string[] | undefined;
  /** Only pods with these labels, as the API server reads it. */
  readonly labelSelector?: string | undefined;
  /** Undefined for a pod that is not looked for. */
  readonly judge: (raw: RawObject) => Found | undefined;
}

/** What was found when all pods were looked at once. */
export interface Findings<Found> {
  /** By namespace and name. */
  readonly found: readonly Found[];
  /** How many pods were looked at. */
  readonly looked: number;
  /** Where pods may not be listed. */
  readonly unread: readonly { readonly namespace: string; readonly why: string }[];
}

/** A page may take this long to begin, and to go on; in milliseconds. */
const idleMs = 30_000;

const namespacesResource: FollowedResource = {
  kind: "Namespace",
  group: "",
  version: "v1",
  plural: "namespaces",
  namespaced: false,
};

const podsResource: FollowedResource = {
  kind: "Pod",
  group: "",
  version: "v1",
  plural: "pods",
  namespaced: true,
  fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
};

/**
 * Looks at every pod that has not ended, page by page: of each page only what was found is kept. Where not all pods may
 * be listed at once, each namespace is asked for. Throws `ApiError`, with the right by its name where that is missing.
 */
export async function findPods<Found>(
  options: FindPodsOptions<Found>,
  signal: AbortSignal,
): Promise<Findings<Found>> {
  const { labelSelector } = options;
  const resource = labelSelector === undefined ? podsResource : { ...podsResource, labelSelector };
  const run = { ...options, resource, signal, found: new Map<string, Found>(), looked: 0 };
  const unread: { namespace: string; why: string }[] = [];
  const all = options.namespaces === undefined && (await readAll(run));
  if (!all) {
    for (const namespace of options.namespaces ?? (await readNamespaces(run)))
      try {
        await readPods({ ...resource, inNamespace: namespace }, run);
      } catch (error) {
        if (!isForbidden(error)) throw error;
        unread.push({ namespace, why: reasonOf(error) });
      }
  }
  const found = [...run.found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod);
  return { found, looked: run.looked, unread };
}

interface Run<Found> extends FindPodsOptions<Found> {
  readonly resource: FollowedResource;
  readonly signal: AbortSignal;
  /** By "namespace/name". */
  readonly found: Map<string, Found>;
  looked: number;
}

/** False where that is not allowed. */
async function readAll<Found>(run: Run<Found>): Promise<boolean> {
  try {
    await readPods(run.resource, run);
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

async function readNamespaces<Found>(run: Run<Found>): Promise<readonly string[]> {
  const names: string[] = [];
  await readPages(namespacesResource, run, (raw) => {
    const name = textAt(raw, "metadata", "name");
    if (name !== undefined) names.push(name);
  });
  return names.sort();
}

async function readPods<Found>(resource: FollowedResource, run: Run<Found>): Promise<void> {
  const before = run.looked;
  const look = (raw: RawObject) => {
    run.looked += 1;
    const found = run.judge(raw);
    const key = `${textAt(raw, "metadata", "namespace")}/${textAt(raw, "metadata", "name")}`;
    if (found !== undefined) run.found.set(key, found);
  };
  try {
    await readPages(resource, run, look);
  } catch (error) {
    // The state that the first page showed is no longer kept: once more from the start.
    if (!(error instanceof ApiError) || error.status !== 410) throw error;
    run.looked = before;
    await readPages(resource, run, look);
  }
}

async function readPages<Found>(
  resource: FollowedResource,
  { connection, signal }: Run<Found>,
  onItem: (raw: RawObject) => void,
): Promise<void> {
  let next: string | undefined;
  do {
    const options = {
      idleMs,
      signal,
      onAnswer: () => undefined,
      onItems: (items: Iterable<RawObject>) => {
        for (const item of items) onItem(item);
      },
    };
    try {
      ({ next } = await readListPage(connection, resource, { pages: next }, options));
    } catch (error) {
      throw error instanceof ApiError ? described(resource, error) : error;
    }
    signal.throwIfAborted();
  } while (next !== undefined);
}

function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}

/** "cannot list pods in namespace lab: …", with the right that is missing. */
function described(resource: FollowedResource, error: ApiError): ApiError {
  const where = resource.inNamespace === undefined ? "" : ` in namespace ${resource.inNamespace}`;
  const name = resourceName(resource);
  const remedy = error.status === 403 ? `grant "list" on ${name}${where}; the API server says: ` : "";
  const { status, retryAfterMs } = error;
  const message = `cannot list ${name}${where}: ${remedy}${error.message}`;
  return new ApiError(message, { status, retryAfterMs, cause: error });
}
