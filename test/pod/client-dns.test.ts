import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { carryDns } from "../../src/pod/client-dns.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import type { ClientDns } from "../../src/types/dataset-volume.ts";
import { clientPlanOf, clientTemplateOf } from "../support/client-template-of.ts";

function carry(spec: Partial<NonNullable<Pod["spec"]>>, ...dns: (Partial<ClientDns> | undefined)[]) {
  const editor = new PodEditor({ spec: { containers: [], ...spec } });
  const plans = dns.map((asked, index) =>
    clientPlanOf({
      name: `fluid-fuse-${index}`,
      template: clientTemplateOf(
        {},
        asked && { dns: { clusterNames: false, nameservers: [], searches: [], ...asked } },
      ),
    }),
  );
  const findings = carryDns(editor, plans);
  return { dnsConfig: editor.pod.spec?.dnsConfig, messages: findings.map(({ message }) => message) };
}

const own = { nameservers: ["10.9.9.9"] };

describe("carryDns (W18)", () => {
  it.each<[string, Partial<NonNullable<Pod["spec"]>>, Partial<ClientDns>[], object | undefined]>([
    ["adds nothing for a client that asks the cluster only", {}, [{ clusterNames: true }], undefined],
    [
      "adds a nameserver and a search",
      {},
      [{ nameservers: ["10.9.9.9"], searches: ["a.b"] }],
      { nameservers: ["10.9.9.9"], searches: ["a.b"] },
    ],
    [
      "adds behind what the pod has, and keeps the rest of it",
      { dnsConfig: { nameservers: ["10.1.1.1"], options: [{ name: "ndots", value: "2" }] } },
      [own],
      { nameservers: ["10.1.1.1", "10.9.9.9"], options: [{ name: "ndots", value: "2" }] },
    ],
    ["adds nothing twice, for two clients", {}, [own, own], own],
    ["adds nothing that the pod has", { dnsConfig: own }, [own], own],
    [
      "takes all three places of a pod that does not ask the cluster",
      { dnsPolicy: "None", dnsConfig: { nameservers: ["10.1.1.1", "10.1.1.2"] } },
      [own],
      { nameservers: ["10.1.1.1", "10.1.1.2", "10.9.9.9"] },
    ],
    [
      "leaves a pod alone that has no room",
      { dnsConfig: { nameservers: ["10.1.1.1", "10.1.1.2"] } },
      [own],
      { nameservers: ["10.1.1.1", "10.1.1.2"] },
    ],
  ])("%s", (_, spec, dns, dnsConfig) => {
    expect(carry(spec, ...dns).dnsConfig).toEqual(dnsConfig);
  });

  it("says what was added and for whom, or that there is no room", () => {
    expect(carry({}, own).messages).toEqual([
      "fluid-fuse-0 (DaemonSet default/data-fuse) asks nameserver 10.9.9.9: added to the pod's dnsConfig, so that all its containers ask it, after what they asked before",
    ]);
    expect(carry({ dnsConfig: { nameservers: ["10.1.1.1", "10.1.1.2"] } }, own).messages).toEqual([
      "fluid-fuse-0 (DaemonSet default/data-fuse) asks nameserver 10.9.9.9, for which the pod's dnsConfig has no room: put it there in place of another",
    ]);
  });

  it.each<[string, Partial<NonNullable<Pod["spec"]>>, string | undefined]>([
    ["ClusterFirst", { dnsPolicy: "ClusterFirst" }, undefined],
    ["nothing", {}, undefined],
    [
      "ClusterFirstWithHostNet on the host's network",
      { dnsPolicy: "ClusterFirstWithHostNet", hostNetwork: true },
      undefined,
    ],
    [
      "ClusterFirst on the host's network",
      { dnsPolicy: "ClusterFirst", hostNetwork: true },
      "a pod of hostNetwork does not: set dnsPolicy: ClusterFirstWithHostNet",
    ],
    ["Default", { dnsPolicy: "Default" }, "the pod's dnsPolicy Default does not: use ClusterFirst"],
    ["None", { dnsPolicy: "None", dnsConfig: own }, "the pod's dnsPolicy None does not: use ClusterFirst"],
  ])("knows whether a pod that says %s resolves names of Services", (_, spec, why) => {
    const { messages } = carry(spec, { clusterNames: true });
    const client = "fluid-fuse-0 (DaemonSet default/data-fuse)";
    expect(messages).toEqual(
      why === undefined ? [] : [`${client} may have to resolve names of Services, and ${why}`],
    );
    expect(carry(spec, { clusterNames: false }).messages).toEqual([]);
  });
});
