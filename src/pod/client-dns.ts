import type { Pod } from "kubernetes-types/core/v1";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import type { ClientPlan } from "./client-plan.ts";
import type { PodEditor } from "./pod-editor.ts";

// Kubernetes: pkg/apis/core/validation; the kubelet puts the cluster's own in front of them.
const mostNameservers = 3;
const mostSearches = 32;

/**
 * Lets the pod resolve names as the clients' own pods do: all containers of a pod share one resolver. What a client asks
 * besides the cluster comes after what the pod asks. Returns what is to be said, where it cannot be had too.
 */
export function carryDns(editor: PodEditor, plans: readonly ClientPlan[]): Finding[] {
  const findings: Finding[] = [];
  for (const { name, template } of plans) {
    const { dns } = template;
    if (dns === undefined) continue;
    const client = `${name} (${describeRef(template.source)})`;
    const blind = withoutCluster(editor.pod);
    if (blind !== undefined && dns.clusterNames)
      findings.push({
        code: "client-dns",
        message: `${client} may have to resolve names of Services, and ${blind}`,
      });
    const config = editor.pod.spec?.dnsConfig ?? {};
    const own = editor.pod.spec?.dnsPolicy === "None" ? 0 : 1;
    const nameservers = missing(config.nameservers, dns.nameservers);
    const searches = missing(config.searches, dns.searches);
    if (nameservers.length + searches.length === 0) continue;
    const what = [
      ...nameservers.map((address) => `nameserver ${address}`),
      ...searches.map((one) => `search ${one}`),
    ];
    const fits =
      own + (config.nameservers ?? []).length + nameservers.length <= mostNameservers &&
      (config.searches ?? []).length + searches.length <= mostSearches;
    if (!fits) {
      const message = `${client} asks ${what.join(", ")}, for which the pod's dnsConfig has no room: put it there in place of another`;
      findings.push({ code: "client-dns", message });
      continue;
    }
    const merged = {
      ...(nameservers.length === 0 ? {} : { nameservers: [...(config.nameservers ?? []), ...nameservers] }),
      ...(searches.length === 0 ? {} : { searches: [...(config.searches ?? []), ...searches] }),
    };
    editor.merge(["spec", "dnsConfig"], merged, `${name} resolves names by them`);
    const message = `${client} asks ${what.join(", ")}: added to the pod's dnsConfig, so that all its containers ask it, after what they asked before`;
    findings.push({ code: "client-dns", message });
  }
  return findings;
}

/** Why the pod does not resolve names of Services, and the remedy. (Kubernetes: docs, "DNS for Services and Pods".) */
function withoutCluster({ spec }: Pod): string | undefined {
  const policy = spec?.dnsPolicy ?? "ClusterFirst";
  if (policy === "Default" || policy === "None")
    return `the pod's dnsPolicy ${policy} does not: use ClusterFirst`;
  if (policy === "ClusterFirst" && spec?.hostNetwork === true)
    return "a pod of hostNetwork does not: set dnsPolicy: ClusterFirstWithHostNet";
  return undefined;
}

function missing(known: readonly string[] | undefined, wanted: readonly string[]): string[] {
  return wanted.filter((one) => known?.includes(one) !== true);
}
