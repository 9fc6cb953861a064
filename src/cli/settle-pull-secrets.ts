import type { LocalObjectReference, Pod } from "kubernetes-types/core/v1";
import type { Decision } from "../admission/decision.ts";
import type { ServiceAccount } from "../cluster/cluster-view.ts";
import type { Edit } from "../types/edit.ts";
import { type Finding, reasonInfo } from "../types/reason.ts";

const secretsPath = "/spec/imagePullSecrets";

/**
 * Makes the pull secrets of a decision right for a manifest that has not been through the API server yet.
 *
 * The API server gives a pod its ServiceAccount's secrets only where the pod lists none (Kubernetes: ServiceAccount
 * admission plugin), so the client's secrets are added where the pod lists some, or after the ServiceAccount's own
 * where that is known; else they are left out and a warning names them.
 */
export function settlePullSecrets(
  decision: Decision,
  before: Pod,
  serviceAccount: ServiceAccount | undefined,
): Decision {
  const listed = before.spec?.imagePullSecrets ?? [];
  const wanted = decision.pod.spec?.imagePullSecrets ?? [];
  const missing = wanted.filter(({ name }) => !listed.some((secret) => secret.name === name));
  if (missing.length === 0 || listed.length > 0) return decision;

  const edits = decision.edits.filter(({ operation }) => !operation.path.startsWith(secretsPath));
  const why = decision.edits.find(({ operation }) => operation.path.startsWith(secretsPath))?.why ?? "";
  const own = serviceAccount?.imagePullSecrets ?? [];
  const added = missing.filter(({ name }) => !own.some((secret) => secret.name === name));
  if (serviceAccount !== undefined && added.length > 0) {
    const secrets = [...own, ...added];
    const edit: Edit = { operation: { op: "add", path: secretsPath, value: secrets }, why };
    return withSecrets({ ...decision, edits: [...edits, edit] }, secrets);
  }
  if (serviceAccount !== undefined) return withSecrets({ ...decision, edits }, undefined);
  return withSecrets(
    { ...decision, edits, findings: withWarning(decision.findings, added, before) },
    undefined,
  );
}

function withSecrets(decision: Decision, secrets: LocalObjectReference[] | undefined): Decision {
  const { imagePullSecrets: _removed, ...spec } = decision.pod.spec ?? { containers: [] };
  const imagePullSecrets = secrets === undefined ? {} : { imagePullSecrets: secrets };
  return { ...decision, pod: { ...decision.pod, spec: { ...spec, ...imagePullSecrets } } };
}

function withWarning(findings: readonly Finding[], added: LocalObjectReference[], pod: Pod): Finding[] {
  const names = added.map(({ name }) => name).join(", ");
  const account = pod.spec?.serviceAccountName ?? "default";
  const warning: Finding = {
    code: "pull-secrets",
    message:
      `the client's image pull secrets ${names} are left out, since listing them here would keep those of ` +
      `ServiceAccount ${account} from the pod: list all of them, or add them to the ServiceAccount`,
  };
  const at = findings.findIndex(({ code }) => reasonInfo(code).level === "info");
  return at < 0 ? [...findings, warning] : [...findings.slice(0, at), warning, ...findings.slice(at)];
}
