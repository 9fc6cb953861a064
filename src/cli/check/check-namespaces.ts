import { sluice } from "../../admission/labels.ts";
import { textAt, textMapAt } from "../../cluster/raw-fields.ts";
import { type CheckResult, ok, unread, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";

const enforced = "pod-security.kubernetes.io/enforce";

/** Which namespaces have opted in, and whether pods there can be served. */
export function checkNamespaces(facts: Facts): CheckResult {
  const check = "namespaces";
  const { labelledNamespaces } = facts;
  if ("problem" in labelledNamespaces)
    return { check, ...unread("the namespaces", labelledNamespaces.problem) };
  const all = labelledNamespaces.value.map((namespace) => ({
    name: textAt(namespace, "metadata", "name") ?? "",
    labels: textMapAt(namespace, "metadata", "labels"),
  }));
  const opted = all.filter(({ labels }) => labels[sluice.injection] === "enabled");
  const wrong = all.filter(({ labels }) => /^(true|yes|on|1|enable|)$/i.test(labels[sluice.injection] ?? ""));
  const restricted = opted.filter(({ labels }) =>
    ["baseline", "restricted"].includes(labels[enforced] ?? ""),
  );
  const findings = [
    ...wrong.map(({ name, labels }) =>
      warning(
        `${name} has ${sluice.injection}=${labels[sluice.injection]}, which does not opt in`,
        `kubectl label --overwrite namespace ${name} ${sluice.injection}=enabled`,
      ),
    ),
    ...restricted.map(({ name, labels }) =>
      warning(
        `${name} opted in, but enforces Pod Security ${labels[enforced]}: clients are privileged and refused`,
        `allow them (${enforced}=privileged), or set sluice.io/mode: csi on its pods`,
      ),
    ),
  ];
  if (opted.length === 0)
    findings.push(
      warning(
        "none has opted in, so only pods that opt in by their own labels are served",
        `kubectl label namespace NAME ${sluice.injection}=enabled`,
      ),
    );
  const names = opted.slice(0, 3).map(({ name }) => name);
  if (opted.length > names.length) names.push("…");
  return { check, ...worst(findings, ok(`${opted.length} opted in: ${names.join(", ")}`)) };
}

/** The labels of the namespaces that have opted in, by name. */
export function optedInNamespaces({ labelledNamespaces }: Facts) {
  return (known(labelledNamespaces) ?? [])
    .map((namespace) => ({
      name: textAt(namespace, "metadata", "name") ?? "",
      labels: textMapAt(namespace, "metadata", "labels"),
    }))
    .filter(({ labels }) => labels[sluice.injection] === "enabled");
}
