import type { ApiConnection } from "../cluster/api-connection.ts";
import { ApiError } from "../cluster/api-error.ts";
import {
  builtInResources,
  fluidGroup,
  fluidResources,
  groupPath,
  resourceName,
} from "../cluster/api-resources.ts";
import { fieldAt, objectsAt, textAt } from "../cluster/raw-fields.ts";

const idleMs = 10_000;
const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/**
 * What the user of a connection may not read of all that decisions rest on: "list nodes". Empty where that is not
 * answered, too. Throws `ApiError` where nobody answers, and for credentials that do not count.
 */
export async function missingRights(connection: ApiConnection): Promise<string[]> {
  const kinds = await fluidPlurals(connection);
  const needed = [...builtInResources, ...fluidResources.filter(({ plural }) => kinds.has(plural))];
  const asked = needed.flatMap((resource) => ["list", "watch"].map((verb) => ({ resource, verb })));
  const answers = await Promise.all(
    asked.map(async ({ resource, verb }) => {
      const { group, plural } = resource;
      const spec = { resourceAttributes: { verb, group, resource: plural } };
      const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec };
      const allowed = await ask(connection, body);
      return allowed === false ? [`${verb} ${resourceName(resource)}`] : [];
    }),
  );
  return answers.flat();
}

async function ask(connection: ApiConnection, body: object): Promise<unknown> {
  try {
    const answer = await connection.getJson(reviews, { idleMs, method: "POST", body });
    return fieldAt(answer, "status", "allowed");
  } catch (error) {
    if (isAnswer(error)) return undefined;
    throw error;
  }
}

/** The kinds of Fluid's that are installed. */
async function fluidPlurals(connection: ApiConnection): Promise<ReadonlySet<string | undefined>> {
  try {
    const answer = await connection.getJson(groupPath(fluidGroup, "v1alpha1"), { idleMs });
    return new Set(objectsAt(answer, "resources").map((resource) => textAt(resource, "name")));
  } catch (error) {
    if (isAnswer(error)) return new Set();
    throw error;
  }
}

function isAnswer(error: unknown): boolean {
  return error instanceof ApiError && error.status !== undefined && error.status !== 401;
}
