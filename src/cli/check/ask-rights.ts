import { fieldAt } from "../../cluster/raw-fields.ts";
import type { ApiReader } from "./api-reader.ts";
import type { Reading, RightAnswer } from "./facts.ts";
import type { Right } from "./required-rights.ts";

const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/** Asks the API server about each right of a ServiceAccount; the first question that it refuses is the problem. */
export async function askRights(
  reader: ApiReader,
  account: { readonly namespace: string; readonly name: string },
  rights: readonly Right[],
): Promise<Reading<readonly RightAnswer[]>> {
  const answers = await Promise.all(rights.map((right) => reader.post(path, review(account, right))));
  const result: RightAnswer[] = [];
  for (const [index, right] of rights.entries()) {
    const answer = answers[index];
    if (answer === undefined || "problem" in answer) return answer ?? { problem: "it was not answered" };
    const allowed = fieldAt(answer.value, "status", "allowed");
    if (typeof allowed !== "boolean") return { problem: "the answer is no SubjectAccessReview" };
    result.push({ right, allowed });
  }
  return { value: result };
}

function review(account: { readonly namespace: string; readonly name: string }, right: Right) {
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: accountUser(account),
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${account.namespace}`,
        "system:authenticated",
      ],
      resourceAttributes: right,
    },
  };
}

/** The user name of a ServiceAccount. */
export function accountUser({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
