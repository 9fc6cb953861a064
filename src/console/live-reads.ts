import type { ApiConnection } from "../cluster/api-connection.ts";
import { ApiError } from "../cluster/api-error.ts";
import { objectsPath } from "../cluster/api-resources.ts";
import { isRawObject, objectsAt, type RawObject, textAt } from "../cluster/raw-fields.ts";
import { type NamedWorkload, type WorkloadKind, workloads } from "../cluster/workload-kinds.ts";

/**
 * How the API server is asked while somebody waits for it: for 5 s, and for no more than a process of its size can hold,
 * for objects are as large as whoever writes them likes.
 */
export const readLimits = { idleMs: 5_000, mostBytes: 32 * 1024 ** 2 } as const;
/** A list is looked through while somebody waits for it. */
const mostObjects = 200;

type Connection = Pick<ApiConnection, "getJson">;

export interface SomeObjects {
  readonly objects: readonly RawObject[];
  /** There are more than these. */
  readonly more: boolean;
}

/** Undefined where there is none. Throws `ApiError`. */
export function readNamed(
  connection: Connection,
  { kind, namespace, name }: NamedWorkload,
): Promise<RawObject | undefined> {
  return readOne(connection, `${objectsPath(workloads[kind], namespace)}/${encodeURIComponent(name)}`);
}

/** Undefined where there is none. Throws `ApiError`. */
export function readNode(connection: Connection, name: string): Promise<RawObject | undefined> {
  return readOne(connection, `/api/v1/nodes/${encodeURIComponent(name)}`);
}

/** The first ones of a namespace that `query` selects. Throws `ApiError`. */
export async function readSome(
  connection: Connection,
  kind: WorkloadKind,
  namespace: string,
  query: Readonly<Record<string, string>>,
): Promise<SomeObjects> {
  const parameters = new URLSearchParams({ ...query, limit: String(mostObjects) });
  const list = await connection.getJson(
    `${objectsPath(workloads[kind], namespace)}?${parameters}`,
    readLimits,
  );
  return { objects: objectsAt(list, "items"), more: Boolean(textAt(list, "metadata", "continue")) };
}

async function readOne(connection: Connection, path: string): Promise<RawObject | undefined> {
  try {
    const object = await connection.getJson(path, readLimits);
    return isRawObject(object) ? object : undefined;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
