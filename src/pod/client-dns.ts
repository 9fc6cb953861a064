import type { Pod } from "kubernetes-types/core/v1";
import type { ClientDns } from "../types/dataset-volume.ts";
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
  return plans.flatMap((plan) => {
    const { dns, source } = plan.template;
    if (dns === undefined) return [];
    const client = `${plan.name} (${describeRef(source)})`;
    const blind = dns.clusterNames ? withoutCluster(editor.pod) : undefined;
    const message = `${client} may have to resolve names of Services, and ${blind}`;
    return [
      ...(blind === undefined ? [] : [{ code: "client-dns" as const, message }]),
      ...addServers(editor, plan.name, client, dns),
    ];
  });
}

function addServers(editor: PodEditor, name: string, client: string, dns: ClientDns): Finding[] {
  const { spec } = editor.pod;
  const known = {
    nameservers: spec?.dnsConfig?.nameservers ?? [],
    searches: spec?.dnsConfig?.searches ?? [],
  };
  const nameservers = missing(known.nameservers, dns.nameservers);
  const searches = missing(known.searches, dns.searches);
  if (nameservers.length + searches.length === 0) return [];
  const what = [
    ...nameservers.map((address) => `nameserver ${address}`),
    ...searches.map((one) => `search ${one}`),
  ].join(", ");
  const ofCluster = spec?.dnsPolicy === "None" ? 0 : 1;
  const fits =
    ofCluster + known.nameservers.length + nameservers.length <= mostNameservers &&
    known.searches.length + searches.length <= mostSearches;
  if (!fits) {
    const message = `${client} asks ${what}, for which the pod's dnsConfig has no room: put it there in place of another`;
    return [{ code: "client-dns", message }];
  }
  const merged = {
    ...(nameservers.length === 0 ? {} : { nameservers: [...known.nameservers, ...nameservers] }),
    ...(searches.length === 0 ? {} : { searches: [...known.searches, ...searches] }),
  };
  editor.merge(["spec", "dnsConfig"], merged, `${name} resolves names by them`);
  const message = `${client} asks ${what}: added to the pod's dnsConfig, so that all its containers ask it, after what they asked before`;
  return [{ code: "client-dns", message }];
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

function missing(known: readonly string[], wanted: readonly string[]): string[] {
  return wanted.filter((one) => !known.includes(one));
}
