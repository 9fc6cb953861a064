import type { ApiConnection } from "../cluster/api-connection.ts";
import { ApiError, reasonOf } from "../cluster/api-error.ts";
import { InputError } from "./input-error.ts";

/**
 * Throws an `InputError` where `error`, of a request to `server`, means that none will succeed: nobody answers, or the
 * credentials are not accepted.
 */
export function assertReached(error: unknown, server: string): void {
  const status = error instanceof ApiError ? error.status : undefined;
  if (status === 401)
    throw new InputError([`${server} does not accept the credentials of the kubeconfig: ${reasonOf(error)}`]);
  if (status === undefined)
    throw new InputError([
      `${server} cannot be reached: ${reasonOf(error)}; see the kubeconfig and the network`,
    ]);
}

/** Asks the API server for its version, and throws as `assertReached`. */
export async function checkReached(connection: ApiConnection, server: string): Promise<void> {
  try {
    await connection.getJson("/version", { idleMs: 10_000 });
  } catch (error) {
    assertReached(error, server);
  }
}
